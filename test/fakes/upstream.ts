import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request as a provider saw it. */
export interface SeenRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  rawHeaders: string[];
  body: string;
  /** Resolves when the connection closed before the answer was whole. */
  aborted: Promise<void>;
}

/** What the provider does with one request. */
export type Script = (response: ServerResponse, request: SeenRequest, socket: Socket) => void | Promise<void>;

/** A provider on a real socket that does what a script says and remembers what it was sent. */
export class FakeUpstream {
  readonly requests: SeenRequest[] = [];
  /** For each request in turn; the last goes on for all that follow. */
  scripts: Script[];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(scripts: Script[]) {
    this.scripts = scripts;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.keepAliveTimeout = 60_000;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
    });
  }

  static async start(...scripts: Script[]): Promise<FakeUpstream> {
    const fake = new FakeUpstream(scripts);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  get last(): SeenRequest {
    return this.requests.at(-1)!;
  }

  /** Closes every connection that is open now. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: Buffer.concat(chunks).toString('utf8'),
      aborted: new Promise((resolve) => {
        response.on('close', () => {
          if (!response.writableFinished) resolve();
        });
      }),
    };
    this.requests.push(seen);
    const script = this.scripts.length > 1 ? this.scripts.shift()! : this.scripts[0]!;
    await script(response, seen, request.socket);
  }
}

/** A whole answer in the form of the API. */
export function completion(content: string, more: object = {}): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'gpt-4o-mini-2024-07-18',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    ...more,
  });
}

/** One frame of a stream. */
export function chunk(delta: object, finish: string | null = null, more: object = {}): string {
  const body = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_760_000_000,
    model: 'gpt-4o-mini-2024-07-18',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...more,
  };
  return `data: ${JSON.stringify(body)}\n\n`;
}

export const DONE = 'data: [DONE]\n\n';

/** The chunk that carries the usage, as it comes with `include_usage`. */
export function usageChunk(prompt = 10, completionTokens = 5): string {
  return chunk({}, null, {
    choices: [],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completionTokens,
      total_tokens: prompt + completionTokens,
    },
  });
}

export function json(status: number, body: string, headers: Record<string, string> = {}): Script {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  };
}

/** Sends the pieces one after another, each in a packet of its own; the last ends the answer. */
export function sse(pieces: readonly (string | Buffer)[], pauseMs = 0): Script {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) {
      response.write(piece);
      await new Promise((resolve) => (pauseMs > 0 ? setTimeout(resolve, pauseMs) : setImmediate(resolve)));
    }
    response.end();
  };
}

/** A stream of the texts, whole. */
export function textStream(texts: readonly string[], pauseMs = 0): Script {
  return sse(
    [
      chunk({ role: 'assistant', content: '' }),
      ...texts.map((content) => chunk({ content })),
      chunk({}, 'stop'),
      usageChunk(),
      DONE,
    ],
    pauseMs,
  );
}

/** Sends some pieces, then resets the connection. */
export function reset(pieces: readonly string[] = []): Script {
  return async (response, _seen, socket) => {
    if (pieces.length > 0) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const piece of pieces) response.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    socket.resetAndDestroy();
  };
}

/** Bytes that are not an HTTP answer. */
export function garbage(bytes: string): Script {
  return (_response, _seen, socket) => {
    socket.end(bytes);
  };
}

/** Never answers. */
export const silent: Script = () => undefined;
