import type { GatewayError } from '../../errors.ts';

/** A refusal as OpenAI writes errors, with what says who refused and under which number it is on record. */
export function errorBody(error: GatewayError, ids: { requestId: string; eventId: string | null }): string {
  return JSON.stringify({
    error: {
      type: error.type,
      message: error.message,
      code: error.code,
      policy: error.policy ?? null,
      request_id: ids.requestId,
      event_id: ids.eventId,
    },
  });
}

/** The same as the last frame of a stream. No `[DONE]` follows: a stream that failed must not look finished. */
export function errorFrame(error: GatewayError, ids: { requestId: string; eventId: string | null }): string {
  return `data: ${errorBody(error, ids)}\n\n`;
}

/** The list of GET /v1/models. */
export function modelsBody(models: readonly { id: string; owned_by: string }[]): string {
  const data = models.map(({ id, owned_by }) => ({ id, object: 'model', created: 0, owned_by }));
  return JSON.stringify({ object: 'list', data });
}
