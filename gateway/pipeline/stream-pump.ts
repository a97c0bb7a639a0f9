import type { AnswerStream } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import type { WheelTimer } from '../upstream/timer-wheel.ts';
import type { AnswerParts } from './exchange-answer.ts';
import type { BegunAnswer } from './exchange-attempts.ts';
import { answerHeaders } from './exchange-headers.ts';
import { CallerGone } from './inbound.ts';
import type { AnswerSink } from './receiver.ts';

/** A caller that reads nothing for so long is given up (ms): else it would hold a provider's connection. */
const SLOW_CALLER_MS = 60_000;
/** A provider that keeps the line open after the answer's end is waited for so long (ms): usage may still come. */
const AFTER_END_MS = 2_000;

const NOTHING = Buffer.alloc(0);

/**
 * Moves a streamed answer on. What the connection gives in one turn is looked at together and leaves in one piece, as
 * far as it is decided: providers write several chunks at a time.
 */
export class StreamPump implements AnswerSink {
  /** Bytes that came. */
  bytes = 0;
  /** Settles when the answer is over: whole, and all of it decided. */
  readonly ended: Promise<void>;
  readonly #begun: BegunAnswer;
  readonly #parts: AnswerParts;
  readonly #stream: AnswerStream;
  readonly #resolve: () => void;
  readonly #reject: (error: unknown) => void;
  /** What came in this turn. */
  #came: Buffer[] = [];
  /** What was decided when the answer ended, and the last bytes, which wait for the event. */
  #decided: Buffer = NOTHING;
  #last: Buffer = NOTHING;
  #over = false;
  #slow: WheelTimer | null = null;
  #ending: WheelTimer | null = null;

  constructor(begun: BegunAnswer, stream: AnswerStream, parts: AnswerParts) {
    this.#begun = begun;
    this.#parts = parts;
    this.#stream = stream;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    parts.record.inbound.reply.onDrain(() => this.#drained());
    begun.receiver.pipe(this);
  }

  data(chunk: Buffer): void {
    if (this.#over) return;
    try {
      this.#count(chunk);
    } catch (error) {
      this.#flush();
      this.#fail(error);
      return;
    }
    this.#came.push(chunk);
    if (this.#came.length === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const out = this.#look();
    if (out.length > 0 && !this.#send(out)) this.#hold();
  }

  /** @returns what is decided now */
  #look(): Buffer {
    const came = this.#came;
    if (this.#over || came.length === 0) return NOTHING;
    this.#came = [];
    const { clock } = this.#parts.deps;
    const at = clock.monotonic();
    try {
      const chunk = came.length === 1 ? came[0]! : Buffer.concat(came);
      const out = this.#stream.push(chunk);
      this.#parts.record.timings.output += clock.monotonic() - at;
      if (this.#stream.complete) {
        this.#ending ??= this.#parts.deps.wheel.start(AFTER_END_MS, () => this.end());
      }
      return out;
    } catch (error) {
      // What was decided before the frame that is refused leaves, so that it does not matter how the bytes came.
      const { rest } = this.#stream;
      if (rest.length > 0) this.#send(rest);
      this.#fail(error);
      return NOTHING;
    }
  }

  /** The answer is over: what is decided now leaves with the last bytes, which saves a write of four to five. */
  end(): void {
    this.#decided = this.#look();
    if (this.#over) return;
    try {
      this.#last = this.#stream.end();
      this.#finish();
      this.#resolve();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Sends the last bytes. */
  close(): void {
    this.#begin();
    const { reply } = this.#parts.record.inbound;
    reply.end(this.#decided.length === 0 ? this.#last : Buffer.concat([this.#decided, this.#last]));
  }

  /** Sends what was decided and still waits: an error comes in the place of the last bytes. */
  release(): void {
    if (this.#decided.length > 0) this.#send(this.#decided);
    this.#decided = NOTHING;
  }

  error(error: Error): void {
    this.#flush();
    // The answer is whole: what the connection does now is nobody's concern.
    if (this.#stream.complete && !(error instanceof CallerGone)) this.end();
    else this.#fail(error);
  }

  /** Sends the head, where no chunk has done so yet. */
  #begin(): void {
    const { record } = this.#parts;
    if (record.inbound.reply.headSent) return;
    record.inbound.reply.begin(200, [
      ...answerHeaders(record, 'text/event-stream; charset=utf-8'),
      'cache-control',
      'no-cache',
    ]);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#finish();
    this.#reject(error);
  }

  #finish(): void {
    this.#over = true;
    this.#slow?.cancel();
    this.#ending?.cancel();
    this.#begun.call.abort();
  }

  #count(chunk: Buffer): void {
    this.bytes += chunk.length;
    const limit = this.#parts.record.live.plan.config.limits.max_response_bytes;
    if (this.bytes > limit) {
      throw new GatewayError(
        'upstream_too_large',
        `The answer is over the limit of ${limit} bytes (limits.max_response_bytes).`,
      );
    }
  }

  #send(out: Buffer): boolean {
    const { reply } = this.#parts.record.inbound;
    if (reply.gone) return true;
    this.#begin();
    return reply.write(out);
  }

  /** The caller reads slower than the provider writes. */
  #hold(): void {
    if (this.#slow !== null) return;
    this.#begun.call.pause();
    this.#slow = this.#parts.deps.wheel.start(SLOW_CALLER_MS, () => this.#fail(new CallerGone()));
  }

  #drained(): void {
    if (this.#slow === null) return;
    this.#slow.cancel();
    this.#slow = null;
    if (!this.#over) this.#begun.call.resume();
  }
}
