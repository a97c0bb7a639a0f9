import { Router } from 'express';
import { requireAccess } from './callers.ts';
import { ApiError } from './errors.ts';
import { namespaceOf } from './namespace-query.ts';
import type { ApiParts } from './server.ts';

const PAGE = 1_000;

/** What `kt events verify` reads: sizes and heads, and each line with the columns that stand beside it. */
export function streamRoutes({ store, authorizer }: ApiParts): Router {
  const routes = Router();

  routes.get('/', async (request, response) => {
    const namespace = namespaceOf(request.url);
    await requireAccess(response, authorizer, { verb: 'list', resource: 'events', namespace });
    response.json({ streams: await store.listStreams(namespace) });
  });

  routes.get('/:stream/lines', async (request, response) => {
    const namespace = namespaceOf(request.url);
    await requireAccess(response, authorizer, { verb: 'list', resource: 'events', namespace });
    const from = new URLSearchParams(request.url.split('?')[1]).get('from') ?? '0';
    if (!/^\d{1,15}$/.test(from))
      throw new ApiError('invalid_parameter', 'from is the seq to begin at.', { parameter: 'from' });
    const lines = await store.readStream(request.params.stream, Number(from), PAGE, namespace);
    response.json({
      // As strings, so that a JSON reader hands back the very bytes.
      lines: lines.map(({ seq, record, columns }) => ({
        seq,
        record: Buffer.from(record).toString(),
        columns,
      })),
      next: lines.length === PAGE ? lines.at(-1)!.seq + 1 : null,
    });
  });

  return routes;
}
