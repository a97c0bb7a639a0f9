import type { Clock } from '../clock.ts';
import type { Target } from '../contract/document.ts';
import { HttpUpstream } from '../upstream/http-upstream.ts';
import type { TimerWheel } from '../upstream/timer-wheel.ts';
import type { Upstream, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../upstream/upstream.ts';
import { MockUpstream } from './mock/mock-upstream.ts';
import { Connections } from './registry.ts';

/** Sends each request the way of its vendor. */
export class ProviderUpstream implements Upstream {
  readonly #http: HttpUpstream;
  readonly #mock: Upstream;
  readonly #connections: Connections;

  /** @param credential value of a target's credential; null where it needs none. May throw. */
  constructor(parts: { clock: Clock; wheel: TimerWheel; credential(target: Target): string | null }) {
    this.#connections = new Connections(parts.credential);
    this.#http = new HttpUpstream({
      wheel: parts.wheel,
      connect: (request) => this.#connections.of(request),
    });
    this.#mock = new MockUpstream(parts.clock);
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    return (request.target.target.provider === 'mock' ? this.#mock : this.#http).send(request, handler);
  }

  quotesCredential(target: Target, text: string): boolean {
    return target.provider !== 'mock' && this.#connections.quotesCredential(target, text);
  }

  /** Cuts what is still open. */
  close(): Promise<void> {
    return this.#http.close();
  }
}
