import type { AnswerStream } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import type { WheelTimer } from '../upstream/timer-wheel.ts';
import { type AnswerParts, judgeAnswer, refuseEncoded } from './exchange-answer.ts';
import type { BegunAnswer } from './exchange-attempts.ts';
import { answerHeaders } from './exchange-headers.ts';
import { CallerGone } from './inbound.ts';
import { createStreamGuard, type StreamGuard } from './stream-guard.ts';

/** Bytes of one frame. */
const MAX_FRAME_BYTES = 4 * 2 ** 20;
/** A caller that reads nothing for so long is given up (ms): else it would hold a provider's connection. */
const SLOW_CALLER_MS = 60_000;

/**
 * Serves a streamed answer: each chunk that comes leaves in one piece, as far as the policies have decided it.
 * Resolves when the last byte has been handed on.
 * @throws GatewayError, CallerGone; where the head has been sent, the stream is still open
 */
export async function serveStream(begun: BegunAnswer, parts: AnswerParts): Promise<void> {
  refuseEncoded(begun);
  const { record, deps } = parts;
  const pump = new StreamPump(begun, parts);
  const startedAt = deps.clock.monotonic();
  try {
    const last = await pump.run();
    record.timings.upstream = (record.timings.upstream_first_byte ?? 0) + deps.clock.monotonic() - startedAt;
    pump.noteOutcome();
    judgeAnswer(begun, pump.bytes, parts);
    await pump.finish(last);
  } finally {
    pump.noteOutcome();
  }
}

class StreamPump {
  /** Bytes that came. */
  bytes = 0;
  readonly #begun: BegunAnswer;
  readonly #parts: AnswerParts;
  readonly #guard: StreamGuard;
  readonly #stream: AnswerStream;
  #noted = false;
  #slow: WheelTimer | null = null;

  constructor(begun: BegunAnswer, parts: AnswerParts) {
    this.#begun = begun;
    this.#parts = parts;
    const { record, env } = parts;
    this.#guard = createStreamGuard({ ...env, entries: record.live.plan.entries });
    this.#stream = record.inbound.dialect.openStream({
      channel: (leaf) => this.#guard.channel(leaf),
      dropUsageChunk: begun.dropUsageChunk,
      maxFrameBytes: MAX_FRAME_BYTES,
    });
    record.answer = this.#stream;
  }

  /** @returns the last bytes, which wait for the event */
  run(): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    const { receiver, call } = this.#begun;
    const { clock } = this.#parts.deps;
    const { reply } = this.#parts.record.inbound;
    const { timings } = this.#parts.record;
    let over = false;
    const fail = (error: unknown): void => {
      if (over) return;
      over = true;
      this.#slow?.cancel();
      call.abort();
      reject(error);
    };
    reply.onDrain(() => {
      this.#slow?.cancel();
      this.#slow = null;
      call.resume();
    });
    receiver.pipe({
      data: (chunk) => {
        if (over) return;
        const at = clock.monotonic();
        try {
          this.#count(chunk);
          const out = this.#stream.push(chunk);
          timings.output += clock.monotonic() - at;
          if (out.length > 0 && !this.#send(out)) this.#hold(fail);
        } catch (error) {
          fail(error);
        }
      },
      end: () => {
        if (over) return;
        try {
          const last = this.#stream.end();
          over = true;
          this.#slow?.cancel();
          resolve(last);
        } catch (error) {
          fail(error);
        }
      },
      error: fail,
    });
    return promise;
  }

  async finish(last: Buffer): Promise<void> {
    const { record, deps } = this.#parts;
    const { reply } = record.inbound;
    if (reply.gone) throw new CallerGone();
    const event = record.event(200, null);
    await deps.recorder.end(event);
    record.ended = true;
    if (!reply.headSent) this.#begin();
    reply.end(last);
    deps.finished(event);
  }

  /** What the entries came to stands on the event, however the stream ended. */
  noteOutcome(): void {
    if (this.#noted) return;
    this.#noted = true;
    this.#parts.record.outcomes.push(this.#guard.outcome());
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
    if (!reply.headSent) this.#begin();
    return reply.write(out);
  }

  /** The caller reads slower than the provider writes. */
  #hold(fail: (error: unknown) => void): void {
    if (this.#slow !== null) return;
    this.#begun.call.pause();
    this.#slow = this.#parts.deps.wheel.start(SLOW_CALLER_MS, () => fail(new CallerGone()));
  }

  #begin(): void {
    const { record } = this.#parts;
    record.inbound.reply.begin(200, [
      ...answerHeaders(record, 'text/event-stream; charset=utf-8'),
      'cache-control',
      'no-cache',
    ]);
  }
}
