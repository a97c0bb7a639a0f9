import { fullJitter } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { sleep } from '../runtime/signals.ts';
import type { Kube, KubeRequest, KubeResponse } from './config.ts';
import { KubeError, noAnswer, notSent, refusal, Withheld } from './errors.ts';
import { Limiter } from './limiter.ts';
import type { KubeMetrics, Verb } from './metrics.ts';
import { retryAfterMs } from './retry-after.ts';

export interface CallDeps {
  clock: Clock;
  random: () => number;
  metrics: Pick<KubeMetrics, 'requested'>;
}

/** One call to the API server. */
export interface Call extends Omit<KubeRequest, 'signal'> {
  verb: Verb;
  kind: string;
  /** Whom it concerns, for messages: `Kind/namespace/name`. */
  subject: string;
  /** Doing it twice is doing it once, so that it may be sent again when nobody knows what became of it. */
  idempotent: boolean;
}

export interface CallOptions {
  signal?: AbortSignal;
  /** Milliseconds for each try. */
  timeoutMs?: number;
}

/** Milliseconds of one try, from its sending to the end of the answer. */
const TRY_MS = 10_000;

/** Milliseconds until a streamed answer begins: the server sends its head at once. */
const OPEN_MS = 15_000;

/** Tries of one call in all. A caller that has a queue tries again by itself, with longer waits. */
const TRIES = 3;

/** The longest wait within a call, in milliseconds; a server that asks for more gets it from the caller's own wait. */
const MAX_WAIT_MS = 5000;

const BACKOFF = { baseMs: 250, capMs: 2000 };

/** Calls at once, so that a cold start with a thousand objects is no flood. Watches do not count. */
const CONCURRENT_CALLS = 10;

/** Sends calls with time-outs, bounded retries and a limit of how many run at once. */
export class Calls {
  readonly #kube: Pick<Kube, 'send' | 'renew'>;
  readonly #deps: CallDeps;
  readonly #limiter = new Limiter(CONCURRENT_CALLS);

  constructor(kube: Pick<Kube, 'send' | 'renew'>, deps: CallDeps) {
    this.#kube = kube;
    this.#deps = deps;
  }

  /** The answer's body. @throws KubeError, or the signal's reason */
  async send(call: Call, { signal = NEVER, timeoutMs = TRY_MS }: CallOptions): Promise<unknown> {
    await this.#limiter.take(signal);
    try {
      for (let tries = 1; ; tries++) {
        try {
          return await this.#try(call, signal, timeoutMs, async ({ body }) => parse(await body.text()));
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof KubeError) || tries === TRIES || !mayRepeat(call, error)) throw error;
          const wait = error.retryAfterMs ?? fullJitter(tries, BACKOFF, this.#deps.random);
          if (wait > MAX_WAIT_MS) throw error;
          await sleep(this.#deps.clock, wait, signal);
        }
      }
    } finally {
      this.#limiter.release();
    }
  }

  /** Opens an answer that streams: the time-out is for its beginning. @throws KubeError, or the signal's reason */
  open(call: Call, signal: AbortSignal): Promise<KubeResponse['body']> {
    return this.#try(call, signal, OPEN_MS, ({ body }) => body);
  }

  async #try<T>(
    call: Call,
    signal: AbortSignal,
    timeoutMs: number,
    read: (response: KubeResponse) => T | Promise<T>,
  ): Promise<T> {
    const { clock, metrics } = this.#deps;
    const started = clock.monotonic();
    const timeout = new AbortController();
    const timer = clock.after(timeoutMs, () => timeout.abort());
    try {
      const response = await this.#kube.send({ ...call, signal: AbortSignal.any([signal, timeout.signal]) });
      const { statusCode } = response;
      if (statusCode < 200 || statusCode > 299)
        throw this.#refusal(call, response, await response.body.text());
      const result = await read(response);
      metrics.requested(call.verb, call.kind, statusCode, this.#since(started));
      return result;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Withheld) throw notSent(error, wordsOf(call));
      if (timeout.signal.aborted) this.#kube.renew();
      const why = timeout.signal.aborted ? new Error(`nothing within ${timeoutMs / 1000} s`) : error;
      const failure = error instanceof KubeError ? error : noAnswer(why, wordsOf(call));
      metrics.requested(call.verb, call.kind, failure.status, this.#since(started));
      throw failure;
    } finally {
      timer.cancel();
    }
  }

  #refusal(call: Call, { statusCode, headers }: KubeResponse, text: string): KubeError {
    const wait = retryAfterMs(headers['retry-after'], this.#deps.clock.now());
    return refusal(statusCode, text, wordsOf(call), wait);
  }

  #since(started: number): number {
    return (this.#deps.clock.monotonic() - started) / 1000;
  }
}

/** The parser's message would quote the answer. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('an answer that is no JSON');
  }
}

const NEVER = new AbortController().signal;

function wordsOf({ verb, subject }: Call): string {
  return `${verb.replace('_', ' ')} ${subject}`;
}

/** A 429 was refused before anything was done; the others may have been done. */
function mayRepeat(call: Call, error: KubeError): boolean {
  if (error.isWithheld) return false;
  return error.isThrottled || (call.idempotent && (error.status === 503 || error.status === 0));
}
