import express, { Router } from 'express';
import { checkEvent } from '../../gateway/contract/event-check.ts';
import {
  type EventQuery,
  EventQueryError,
  eventListBody,
  parseEventQuery,
} from '../../gateway/contract/event-query.ts';
import type { StoredEvent } from '../store/store.ts';
import { callingGateway, hasAccess, requireAccess } from './callers.ts';
import { ApiError } from './errors.ts';
import { splitLines } from './ndjson.ts';
import type { ApiParts } from './server.ts';

/** A batch is at most 1,000 records or 1 MB by the sender's rule; one record may be 64 KB over. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/** `POST /v1/events` for gateways; `GET /v1/events` and one by id for people. */
export function eventRoutes({ store, authorizer, now }: ApiParts): Router {
  const routes = Router();

  routes.post(
    '/',
    express.raw({ type: 'application/x-ndjson', limit: MAX_BATCH_BYTES }),
    async (request, response) => {
      const { namespace, gateway, instance } = callingGateway(response);
      if (!Buffer.isBuffer(request.body))
        throw new ApiError('unsupported_media_type', 'send application/x-ndjson.');
      const stream = request.get('kt-stream') ?? '';
      if (!/^[0-9A-HJKMNP-TV-Z]{26}$/.test(stream))
        throw new ApiError('invalid_parameter', 'kt-stream is the ULID of a spool.');
      const firstSeq = wholeNumber('kt-first-seq', request.get('kt-first-seq'));
      const records = splitLines(request.body);
      if (records.length !== wholeNumber('kt-count', request.get('kt-count'))) {
        throw new ApiError(
          'invalid_body',
          `kt-count is not the number of records, ${records.length}. Was the body cut?`,
        );
      }
      const lostFrom = request.get('kt-lost-from');
      for (const [index, record] of records.entries()) {
        const problem = checkEvent(record);
        if (problem !== null) throw new ApiError('record_refused', problem, { seq: firstSeq + index });
      }
      const result = await store.appendEvents({
        stream,
        namespace,
        gateway,
        ...(instance !== null && { instance }),
        firstSeq,
        ...(lostFrom !== undefined && { lostFrom: wholeNumber('kt-lost-from', lostFrom) }),
        records,
        receivedAt: now(),
      });
      if (result.result === 'stored') return void response.json({ acked: result.acked });
      if (result.result === 'gap') {
        throw new ApiError('sequence_gap', `seq ${result.expected} is the next of this stream.`, {
          expected: result.expected,
        });
      }
      if (result.result === 'fork') {
        throw new ApiError(
          'fork',
          `the stream has another record at seq ${result.seq}; nothing was overwritten.`,
          { seq: result.seq },
        );
      }
      const code = result.result === 'foreign' ? 'foreign_record' : 'record_refused';
      throw new ApiError(code, result.message, { seq: result.seq });
    },
  );

  routes.get('/', async (request, response) => {
    const query = readQuery(request.url, now());
    const { namespace } = query.filter;
    await requireAccess(response, authorizer, { verb: 'list', resource: 'events', namespace });
    if (query.count) return void response.json({ count: await store.countEvents(query.filter) });
    const page = await store.listEvents(query);
    response.type('application/json').send(eventListBody(page.events.map(recordText), page.next, query));
  });

  routes.get('/:id', async (request, response) => {
    const may = (namespace?: string): Promise<boolean> =>
      hasAccess(response, authorizer, { verb: 'get', resource: 'events', namespace });
    const everywhere = await may();
    const event = await store.getEvent(request.params.id);
    // Who may not read it is told what is told of one that is not there.
    if (event === null || !(everywhere || (await may(event.columns.namespace)))) {
      const id = request.params.id.slice(0, 64);
      throw new ApiError('not_found', `there is no event ${id}, or none that you may read.`);
    }
    response.type('application/json').send(recordText(event));
  });

  return routes;
}

const recordText = (event: StoredEvent): string => Buffer.from(event.record).toString();

function readQuery(url: string, now: number): EventQuery {
  const at = url.indexOf('?');
  try {
    return parseEventQuery(new URLSearchParams(at < 0 ? '' : url.slice(at + 1)), now);
  } catch (error) {
    if (error instanceof EventQueryError)
      throw new ApiError('invalid_parameter', error.message, { parameter: error.parameter });
    throw error;
  }
}

function wholeNumber(name: string, value: string | undefined): number {
  if (value === undefined || !/^\d{1,15}$/.test(value))
    throw new ApiError('invalid_parameter', `${name} is a whole number.`);
  return Number(value);
}
