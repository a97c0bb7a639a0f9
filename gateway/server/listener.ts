import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { GatewayError } from '../errors.ts';

export interface ListenOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** Several processes share the port (Linux). */
  reusePort?: boolean;
}

/** `net::Server` answers of requests that are not HTTP, by the parser's code. */
const STATUS: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
};
const MAX_CONNECTIONS = 10_000;

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/**
 * A listener that bounds what one connection may cost. Where the body of a request turns out not to be HTTP, the request
 * emits a `GatewayError` for who reads that body to answer with. Where there is no request yet the caller gets a bare answer.
 * @param malformed told of each bare answer, with its status
 */
export function createListener(handle: RequestListener, malformed: (status: number) => void): Server {
  const answering = new WeakMap<Socket, Exchange>();
  const listener: RequestListener = (request, response) => {
    const { socket } = request;
    answering.set(socket, { request, response });
    response.on('finish', () => {
      if (answering.get(socket)?.response === response) answering.delete(socket);
    });
    handle(request, response);
  };
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      // The default of 30 s lets both clocks above fire half a minute late.
      connectionsCheckingInterval: 1_000,
      // Longer than a load balancer keeps its side open, or it sends into a closing socket.
      keepAliveTimeout: 65_000,
      maxHeaderSize: 16_384,
      requireHostHeader: true,
      rejectNonStandardBodyWrites: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
    },
    listener,
  );
  server.maxHeadersCount = 100;
  server.maxConnections = MAX_CONNECTIONS;
  server.on('checkContinue', listener);
  server.on('checkExpectation', listener);
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    // The server has let go of the connection, with its own listeners.
    socket.on('error', () => undefined);
    // Behind a request that is not answered yet there is no turn to answer in.
    if (answering.has(socket)) {
      malformed(400);
      socket.destroy();
      return;
    }
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on('finish', () => socket.destroySoon());
    listener(request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // The caller left in the middle: nobody was refused.
    const left = error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE';
    const current = answering.get(socket);
    if (left || !socket.writable) {
      socket.destroy();
      return;
    }
    const status = STATUS[error.code ?? ''] ?? '400 Bad Request';
    const code = Number.parseInt(status, 10);
    if (current !== undefined) {
      tellMalformed(current, code);
      const { response } = current;
      // An answer that was given before the body was over still leaves; one that is being written ends here.
      if (response.writableEnded) socket.destroySoon();
      else if (response.headersSent) socket.destroy();
      return;
    }
    malformed(code);
    socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () =>
      socket.destroy(),
    );
  });
  return server;
}

/** @returns the port. @throws the system's error, such as EADDRINUSE */
export function listen(server: Server, { host, port, reusePort }: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, reusePort: reusePort === true }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/**
 * Leaves it to who serves the request to answer it, and with it to end the connection, on which nothing can be read any
 * more. Who does not read the body has another answer for it, which is on its way.
 */
function tellMalformed({ request, response }: Exchange, status: number): void {
  response.shouldKeepAlive = false;
  if (request.complete || request.listenerCount('error') === 0) return;
  const message = 'The body of the request is not valid HTTP.';
  request.emit('error', new GatewayError('invalid_request', message, { status }));
}
