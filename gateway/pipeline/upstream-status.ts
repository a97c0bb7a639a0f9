import { GatewayError } from '../errors.ts';
import type { UpstreamHead } from '../upstream/upstream.ts';

/** Statuses that tell the caller something about the request: they pass, with the inspected body. */
const PASSED = new Set([400, 404, 413, 422, 429]);

export function isEventStream(head: UpstreamHead): boolean {
  return head.status === 200 && /^text\/event-stream\b/i.test(head.contentType);
}

/**
 * What a failed upstream answer means for the caller; null where it passes as it is.
 * @param passThrough the caller's own credential was sent, so a refusal of it is the caller's to read
 */
export function failureOf(
  head: UpstreamHead,
  body: string,
  options: { passThrough: boolean; isQuotaExhausted(status: number, body: string): boolean },
): GatewayError | null {
  const { status } = head;
  if (options.isQuotaExhausted(status, body)) {
    return new GatewayError('upstream_quota', 'The account at the provider has no quota left.');
  }
  if (PASSED.has(status)) return null;
  if (status === 401 || status === 403) {
    if (options.passThrough) return null;
    return new GatewayError('upstream_auth', "The provider refused the gateway's credential.");
  }
  if (status === 408 || status === 504) {
    return new GatewayError('upstream_timeout', `The provider answered with status ${status}.`);
  }
  return new GatewayError('upstream_error', `The provider answered with status ${status}.`);
}
