import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply } from '../pipeline/inbound.ts';

/** Bytes of an unread body that are thrown away, so that the caller can read the refusal before the line is cut. */
const LINGER_BYTES = 16 * 2 ** 20;
const LINGER_MS = 1_000;

/** The answer to one request, on its socket. */
export class HttpReply implements Reply {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #closing: () => boolean;
  #gone = false;
  #over = false;
  #listeners: (() => void)[] = [];

  /** @param closing asked when an answer begins: whether the connection is to end after it */
  constructor(request: IncomingMessage, response: ServerResponse, closing: () => boolean) {
    this.#request = request;
    this.#response = response;
    this.#closing = closing;
    response.on('close', () => {
      if (this.#over) return;
      this.#gone = true;
      const listeners = this.#listeners;
      this.#listeners = [];
      for (const listener of listeners) listener();
    });
    response.on('error', ignore);
  }

  get headSent(): boolean {
    return this.#response.headersSent;
  }

  get gone(): boolean {
    return this.#gone;
  }

  send(status: number, headers: readonly string[], body: Buffer | string): void {
    if (this.#gone) return;
    const length = String(typeof body === 'string' ? Buffer.byteLength(body) : body.length);
    const all = [...headers, 'content-length', length];
    this.#over = true;
    if (this.#request.complete || hasNoBody(this.#request)) {
      this.#head(status, all);
      // The server refuses to write a body where none may be.
      if (this.#request.method === 'HEAD') this.#response.end();
      else this.#response.end(body);
      return;
    }
    // Part of the body is still on its way: answer, then let the caller finish for a moment, then cut.
    this.#response.shouldKeepAlive = false;
    this.#response.writeHead(status, [...all, 'connection', 'close']);
    this.#response.write(body);
    this.#linger();
  }

  begin(status: number, headers: readonly string[]): void {
    if (!this.#gone) this.#head(status, headers);
  }

  /** A stop that came while the answer was made counts too: a caller who is not told sends his next request into a closing socket. */
  #head(status: number, headers: readonly string[]): void {
    if (this.#closing()) this.#response.shouldKeepAlive = false;
    this.#response.writeHead(status, headers as string[]);
  }

  write(chunk: Buffer): boolean {
    return this.#gone || this.#response.write(chunk);
  }

  end(last: Buffer | string): void {
    if (this.#gone) return;
    this.#over = true;
    this.#response.end(last);
  }

  cut(): void {
    this.#over = true;
    this.#response.destroy();
  }

  onDrain(listener: () => void): void {
    this.#response.on('drain', listener);
  }

  onGone(listener: () => void): void {
    if (this.#gone) listener();
    else this.#listeners.push(listener);
  }

  #linger(): void {
    let bytes = 0;
    const finish = (): void => {
      clearTimeout(timer);
      this.#response.end();
    };
    const timer = setTimeout(finish, LINGER_MS);
    timer.unref();
    this.#request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > LINGER_BYTES) finish();
    });
    this.#request.once('end', finish);
    this.#request.once('close', finish);
    // The rest of the body cannot be read; see `createListener`.
    this.#request.once('error', finish);
    this.#request.resume();
  }
}

function ignore(): void {}

/** Such a request is answered before the parser calls it complete. */
function hasNoBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
}
