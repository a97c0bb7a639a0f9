import { randomBytes } from 'node:crypto';
import express, { type Response, Router } from 'express';
import { createKey } from '../../gateway/contract/key-format.ts';
import { MAX_KEY_WAIT_SECONDS } from '../../gateway/contract/key-page.ts';
import type { Person } from './auth.ts';
import { callingGateway, personWithAccess, requireAccess } from './callers.ts';
import { ApiError } from './errors.ts';
import { readKeyWish } from './key-body.ts';
import { nextKeyPage } from './key-pages.ts';
import { keyView, keyViews } from './key-view.ts';
import { namespaceOf } from './namespace-query.ts';
import type { ApiParts } from './server.ts';

const PAGE = 500;

/** Keys that are not revoked, of one namespace: each of its gateways holds them all, 0.3 KB each. */
const MAX_KEYS = 10_000;

/** People make, list and revoke the keys of callers; gateways read those that they are to take. */
export function keyRoutes(parts: ApiParts): Router {
  const { store, authorizer, namespaces, keyFeed, now } = parts;
  const routes = Router();

  routes.post('/', express.json({ limit: '64kb' }), async (request, response) => {
    const wish = readKeyWish(request.body, now());
    const access = { verb: 'create', resource: 'keys', namespace: wish.namespace } as const;
    const person = await requireAccess(response, authorizer, access);
    const namespaceUid = await namespaces.uidOf(wish.namespace);
    // The value leaves here once, in this answer; only its hash is kept.
    const { value, id, sha256 } = createKey(randomBytes);
    const wanted = { ...wish, id, sha256, namespaceUid, createdAt: now(), createdBy: nameOf(person) };
    const put = await store.putKey(wanted, MAX_KEYS);
    if (put.result === 'taken') throw new Error('two random keys have the same id');
    if (put.result === 'full') {
      throw new ApiError(
        'too_many_keys',
        `namespace ${wish.namespace} has ${MAX_KEYS} keys. Revoke those that have expired or are not used.`,
      );
    }
    const { key } = put;
    keyFeed.moved(key.position);
    response.set('cache-control', 'no-store');
    response.status(201).json({ value, key: keyView(key, 'active') });
  });

  routes.get('/', async (request, response) => {
    const namespace = namespaceOf(request.url);
    await requireAccess(response, authorizer, { verb: 'list', resource: 'keys', namespace });
    const parameters = queryOf(request.url);
    const { keys, next } = await store.listKeys({
      namespace: namespace ?? null,
      gateway: parameters.get('gateway'),
      revoked: parameters.get('revoked') === 'true',
      limit: numberOf(parameters, 'limit', PAGE) || PAGE,
      before: parameters.has('cursor') ? numberOf(parameters, 'cursor', Number.MAX_SAFE_INTEGER) : null,
    });
    response.json({
      keys: await keyViews(keys, { now: now(), namespaces }),
      next_cursor: next === null ? null : String(next),
    });
  });

  routes.get('/changes', async (request, response) => {
    const { namespace, gateway, account } = callingGateway(response);
    const namespaceUid = await namespaces.uidOf(namespace, account);
    const parameters = queryOf(request.url);
    const waitMs = numberOf(parameters, 'wait', MAX_KEY_WAIT_SECONDS) * 1000;
    const query = {
      namespace,
      namespaceUid,
      gateway,
      after: parameters.get('after'),
      waitMs,
      signal: goneOf(response),
    };
    const page = await nextKeyPage({ store, feed: keyFeed, monotonic: parts.monotonic }, query);
    response.set('cache-control', 'no-store');
    // The server is ending, and waits for connections that are kept.
    if (keyFeed.closed) response.set('connection', 'close');
    response.json(page);
  });

  routes.delete('/:id', async (request, response) => {
    const { id } = request.params;
    const key = await store.getKey(id);
    // Whoever may not revoke it is not told that there is one.
    const access = { verb: 'delete', resource: 'keys', namespace: key?.namespace } as const;
    const person = await personWithAccess(response, authorizer, access);
    if (person === null || key === null) {
      throw new ApiError('not_found', `there is no key ${id.slice(0, 64)} that you may revoke.`);
    }
    const revoked = await store.revokeKey(id, { at: now(), by: nameOf(person) });
    if (revoked === null) throw new ApiError('not_found', `there is no key ${id.slice(0, 64)}.`);
    keyFeed.moved(revoked.position);
    response.json({ key: keyView(revoked, 'revoked') });
  });

  return routes;
}

/** In local mode nobody has a name. */
const nameOf = ({ user }: Person): string => user?.username ?? 'local';

/** Aborted when the caller hangs up. */
function goneOf(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

function queryOf(url: string): URLSearchParams {
  const query = url.indexOf('?');
  return new URLSearchParams(query < 0 ? '' : url.slice(query + 1));
}

/** 0 where it is left out. @throws ApiError `invalid_parameter` */
function numberOf(parameters: URLSearchParams, name: string, most: number): number {
  const text = parameters.get(name) ?? '0';
  if (/^\d{1,16}$/.test(text) && Number(text) <= most) return Number(text);
  throw new ApiError('invalid_parameter', `${name} is a whole number up to ${most}.`, { parameter: name });
}
