import type { DecisionEvent } from '../events/event.ts';
import type { ExchangeDeps } from './exchange-deps.ts';
import type { ExchangeRecord } from './exchange-record.ts';

/**
 * Writes the one event of an exchange. Whatever comes of it, there is no second.
 * @throws GatewayError `evidence_unavailable`: then nothing of what the event says may be sent
 */
export async function writeEvent(
  record: ExchangeRecord,
  deps: ExchangeDeps,
  event: DecisionEvent,
): Promise<void> {
  record.ended = true;
  deps.finished(event);
  await deps.recorder.end(event);
}
