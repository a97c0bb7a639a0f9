import type { PlannedTarget } from '../config/plan.ts';
import type { Target, Timeouts } from '../contract/document.ts';
import type { GatewayError } from '../errors.ts';

/** One call of a provider. */
export interface UpstreamRequest {
  readonly target: PlannedTarget;
  /** What the upstream is asked for; the built-in mock chooses its behaviour by it. */
  readonly model: string;
  /** Path below the target's base URL. */
  readonly path: string;
  readonly body: Buffer;
  readonly stream: boolean;
  /** The caller's own credential, where the target passes it on. */
  readonly credential: { readonly header: string; readonly value: string } | null;
  readonly timeouts: Required<Timeouts>;
}

/** Lower-case names; only those that the gateway reads. */
export interface UpstreamHead {
  readonly status: number;
  readonly contentType: string;
  readonly contentEncoding: string | undefined;
  readonly retryAfter: string | undefined;
  readonly requestId: string | undefined;
}

/** Gets one head, any number of chunks, then exactly one of `onEnd` and `onError`. */
export interface UpstreamHandler {
  onHead(head: UpstreamHead): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  /** `upstream_connect`, `upstream_timeout`, `upstream_interrupted`, `upstream_invalid`, `target_unavailable` or `overloaded`. */
  onError(error: GatewayError): void;
}

export interface UpstreamCall {
  /** Ends the call and its connection. The handler hears nothing any more. */
  abort(): void;
  pause(): void;
  resume(): void;
}

/** Sends requests to targets. */
export interface Upstream {
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall;
  /** True where the text has the target's stored credential in it; absent where there are none. */
  quotesCredential?(target: Target, text: string): boolean;
}
