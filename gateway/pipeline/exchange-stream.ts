import { type AnswerParts, judgeAnswer, refuseEncoded } from './exchange-answer.ts';
import type { BegunAnswer } from './exchange-attempts.ts';
import { writeEvent } from './exchange-end.ts';
import { CallerGone } from './inbound.ts';
import { createStreamGuard } from './stream-guard.ts';
import { StreamPump } from './stream-pump.ts';

/** Bytes of one frame. */
const MAX_FRAME_BYTES = 4 * 2 ** 20;

/**
 * Serves a streamed answer. Resolves when the last byte has been handed on.
 * @throws GatewayError, CallerGone; where the head has been sent, the stream is still open
 */
export async function serveStream(begun: BegunAnswer, parts: AnswerParts): Promise<void> {
  refuseEncoded(begun);
  const { record, deps, env } = parts;
  const startedAt = deps.clock.monotonic();
  const guard = createStreamGuard({ ...env, entries: record.live.plan.entries });
  const stream = record.inbound.dialect.openStream({
    channel: (leaf) => guard.channel(leaf),
    ...(guard.toolCalls !== null && { toolCalls: guard.toolCalls }),
    dropUsageChunk: begun.dropUsageChunk,
    maxFrameBytes: MAX_FRAME_BYTES,
  });
  record.answer = stream;
  const pump = new StreamPump(begun, stream, parts);
  try {
    try {
      await pump.ended;
    } finally {
      // What the entries came to stands on the event, however the stream ended.
      record.outcomes.push(guard.outcome());
      const spent = deps.clock.monotonic() - startedAt;
      record.timings.upstream = (record.timings.upstream_first_byte ?? 0) + spent;
    }
    judgeAnswer(begun, pump.bytes, parts);
    if (record.inbound.reply.gone) throw new CallerGone();
    await writeEvent(record, deps, record.event(200, null));
  } catch (error) {
    pump.release();
    throw error;
  }
  pump.close();
}
