import type { GatewayError } from '../errors.ts';
import type { ExchangeRecord } from './exchange-record.ts';
import { WARNING_HEADER, warningHeader } from './warnings.ts';

/**
 * Headers of every answer to an identified request: names and values in turn.
 * @param error why it is refused; null where it is served
 */
export function answerHeaders(
  record: ExchangeRecord,
  contentType: string,
  error: GatewayError | null = null,
): string[] {
  const headers = [
    'content-type',
    contentType,
    'x-request-id',
    record.inbound.requestId,
    'x-keeptrusts-event-id',
    record.inbound.eventId,
    'x-keeptrusts-decision',
    // As the event says it; see `DecisionEvent.verdict`.
    record.verdict(error) ?? 'error',
  ];
  const warning = warningHeader(record.warnings);
  if (warning !== null) headers.push(WARNING_HEADER, warning);
  return headers;
}

/** Headers of a refusal: what clients read to know whether to come again. */
export function refusalHeaders(record: ExchangeRecord, error: GatewayError): string[] {
  const headers = answerHeaders(record, 'application/json', error);
  if (error.retryAfter !== undefined) headers.push('retry-after', String(error.retryAfter));
  if (error.shouldRetry !== undefined) headers.push('x-should-retry', String(error.shouldRetry));
  return headers;
}
