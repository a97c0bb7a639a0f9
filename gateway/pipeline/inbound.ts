import type { Dialect } from '../dialects/dialect.ts';
import type { Caller } from '../identity/caller.ts';

/** One request whose caller is known, as the server hands it to the pipeline. */
export interface Inbound {
  readonly dialect: Dialect;
  readonly caller: Caller;
  /** `evt_` and a ULID. */
  readonly eventId: string;
  /** The caller's `x-request-id`, or ours. */
  readonly requestId: string;
  /** Milliseconds since the epoch when the request came. */
  readonly receivedMs: number;
  /** The same moment on the monotonic clock, with fractions. */
  readonly receivedAt: number;
  readonly clientAddress: string | null;
  /** Header names and values in turn, as they came. */
  readonly headers: readonly string[];
  readonly reply: Reply;
  /** @throws GatewayError `body_too_large`, `incomplete_body`, `invalid_request`, `unsupported_encoding`, `unsupported_media_type` */
  readBody(maxBytes: number): Promise<Buffer>;
}

/** Where the answer goes. Headers are names and values in turn. */
export interface Reply {
  /** The status has been handed to the socket. */
  readonly headSent: boolean;
  /** The caller is gone: nothing can be sent any more. */
  readonly gone: boolean;
  /** A whole answer. */
  send(status: number, headers: readonly string[], body: Buffer | string): void;
  /** The head of an answer that comes in parts. */
  begin(status: number, headers: readonly string[]): void;
  /** @returns false when the caller reads too slowly: wait for `onDrain` */
  write(chunk: Buffer): boolean;
  end(last: Buffer | string): void;
  /** Ends the connection in the middle: the caller must not take it for a finished answer. */
  cut(): void;
  onDrain(listener: () => void): void;
  /** Called once if the caller goes away before the answer's last byte; at once where he has. */
  onGone(listener: () => void): void;
}

/** The caller hung up. Not an error of anybody: there is just nobody to answer. */
export class CallerGone extends Error {
  constructor() {
    super('the caller hung up');
    this.name = 'CallerGone';
  }
}
