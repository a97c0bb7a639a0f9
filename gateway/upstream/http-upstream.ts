import { GatewayError } from '../errors.ts';
import type { ProviderConnection } from '../providers/connection.ts';
import { HttpCall } from './http-call.ts';
import { Pools } from './pools.ts';
import { Slots } from './slots.ts';
import type { TimerWheel } from './timer-wheel.ts';
import type { Upstream, UpstreamCall, UpstreamHandler, UpstreamRequest } from './upstream.ts';

export interface HttpUpstreamOptions {
  wheel: TimerWheel;
  /** Where a target's requests go and with what credential. @throws GatewayError `target_unavailable` */
  connect(request: UpstreamRequest): ProviderConnection;
}

/** Calls of one target at once, where it states no number. */
const DEFAULT_CONCURRENCY = 1024;

/** Sends requests to providers over HTTP/1.1, each target with its own bound on calls at once. */
export class HttpUpstream implements Upstream {
  readonly #options: HttpUpstreamOptions;
  readonly #pools = new Pools();
  /** By target id and size. */
  readonly #slots = new Map<string, Slots>();

  constructor(options: HttpUpstreamOptions) {
    this.#options = options;
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const connection = this.#options.connect(request);
    const size = request.target.target.max_concurrency ?? DEFAULT_CONCURRENCY;
    const slots = this.#slotsOf(request.target.target.id, size);
    const begin = (): UpstreamCall => {
      const dispatcher = this.#pools.get(connection.origin, {
        connectMs: request.timeouts.connect_ms,
        // A tenth more than calls: connections that are closing do not hold anybody up.
        connections: Math.ceil(size * 1.1),
      });
      return new HttpCall(
        request,
        handler,
        { dispatcher, path: connection.basePath + request.path, headers: connection.headers },
        { pools: this.#pools, wheel: this.#options.wheel, finished: () => slots.release() },
      );
    };
    if (slots.tryTake()) return begin();
    return queued(slots, request, handler, begin);
  }

  async close(): Promise<void> {
    await this.#pools.destroy();
  }

  #slotsOf(id: string, size: number): Slots {
    const key = `${size} ${id}`;
    let slots = this.#slots.get(key);
    if (slots === undefined) {
      slots = new Slots(size, this.#options.wheel);
      this.#slots.set(key, slots);
    }
    return slots;
  }
}

function queued(
  slots: Slots,
  request: UpstreamRequest,
  handler: UpstreamHandler,
  begin: () => UpstreamCall,
): UpstreamCall {
  let call: UpstreamCall | null = null;
  const leave = slots.wait(
    request.timeouts.queue_ms,
    () => {
      call = begin();
    },
    () =>
      handler.onError(
        new GatewayError(
          'overloaded',
          `The target ${request.target.target.id} has no free place. Try again shortly.`,
        ),
      ),
  );
  return {
    abort: () => (call === null ? leave() : call.abort()),
    pause: () => call?.pause(),
    resume: () => call?.resume(),
  };
}
