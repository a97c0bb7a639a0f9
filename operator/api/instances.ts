import express, { Router } from 'express';
import { isPlain } from '../../gateway/contract/plain.ts';
import type { InstanceReport } from '../domain/instance-reports.ts';
import { requireAccess, requireGateway } from './callers.ts';
import { ApiError } from './errors.ts';
import { namespaceOf } from './namespace-query.ts';
import type { ApiParts } from './server.ts';

/** Gateways report themselves; people list them. */
export function instanceRoutes({ reports, authorizer, now }: ApiParts): Router {
  const routes = Router();

  routes.get('/instances', async (request, response) => {
    const namespace = namespaceOf(request.url);
    await requireAccess(response, authorizer, { verb: 'list', resource: 'configurations', namespace });
    response.json({ instances: reports.list(namespace).map(written) });
  });

  routes.put(
    '/gateways/:namespace/:name/instances/:id',
    express.json({ limit: '256kb' }),
    (request, response) => {
      const { namespace, name, id } = request.params;
      requireGateway(response, namespace, name, id);
      reports.put({ ...readReport(request.body), namespace, gateway: name, instance: id, reportedAt: now() });
      response.status(204).end();
    },
  );

  return routes;
}

const written = ({ reportedAt, keys, ...report }: InstanceReport) => ({
  ...report,
  keys: keys && { count: keys.count, age_seconds: keys.ageSeconds, unreadable: keys.unreadable },
  reported_at: new Date(reportedAt).toISOString(),
});

/** Of one instance; a document has no more. */
const MAX_TARGETS = 256;

/** Characters of what an instance says for people. */
const MAX_WORDS = 500;

/** Characters of a hash or of the id of a stream. */
const MAX_ID = 80;

type Body = Omit<InstanceReport, 'namespace' | 'gateway' | 'instance' | 'reportedAt'>;

/** Takes what it knows; a newer gateway may say more. @throws ApiError `invalid_body` */
function readReport(body: unknown): Body {
  const { contract, version, ready, unready, revision, rejected, targets, keys, backlog, stream } = (body ??
    {}) as Record<string, unknown>;
  if (typeof contract !== 'number') throw new ApiError('invalid_body', 'contract must be a number.');
  if (typeof version !== 'string') throw new ApiError('invalid_body', 'version must be a string.');
  if (typeof ready !== 'boolean') throw new ApiError('invalid_body', 'ready must be a boolean.');
  return {
    contract,
    version: version.slice(0, 64),
    ready,
    ...(typeof unready === 'string' && { unready: unready.slice(0, MAX_WORDS) }),
    revision: readRevision(revision),
    rejected: readRejected(rejected),
    targets: readTargets(targets),
    ...(keys !== undefined && { keys: readKeys(keys) }),
    backlog: typeof backlog === 'number' && backlog >= 0 ? backlog : 0,
    stream: typeof stream === 'string' ? stream.slice(0, MAX_ID) : null,
  };
}

function readRevision(value: unknown): Body['revision'] {
  if (value === null || value === undefined) return null;
  const { number, hash } = value as Record<string, unknown>;
  if (typeof hash !== 'string' || hash.length > MAX_ID)
    throw new ApiError('invalid_body', `revision.hash must be a string of at most ${MAX_ID} characters.`);
  return { number: typeof number === 'number' ? number : null, hash };
}

/** Optional: an older gateway says nothing of its targets. */
function readTargets(value: unknown): Body['targets'] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new ApiError('invalid_body', 'targets must be a list.');
  return value.slice(0, MAX_TARGETS).map((target) => ({
    id: String(target?.id).slice(0, 253),
    unavailable: typeof target?.unavailable === 'string' ? target.unavailable.slice(0, MAX_WORDS) : null,
    code: typeof target?.code === 'string' ? target.code.slice(0, 32) : null,
  }));
}

/** Optional, as the targets are. */
function readKeys(value: unknown): NonNullable<Body['keys']> | null {
  if (!isPlain(value)) return null;
  const number = (name: string): number => Math.max(0, Math.trunc(Number(value[name])) || 0);
  return { count: number('count'), ageSeconds: number('age_seconds'), unreadable: number('unreadable') };
}

function readRejected(value: unknown): Body['rejected'] {
  if (value === null || value === undefined) return null;
  const { hash, problems } = value as Record<string, unknown>;
  if (typeof hash !== 'string' || hash.length > MAX_ID || !Array.isArray(problems)) {
    throw new ApiError('invalid_body', 'rejected has a hash and a list of problems.');
  }
  return {
    hash,
    problems: problems.slice(0, 20).map((problem) => ({
      code: String(problem?.code).slice(0, 16),
      path: String(problem?.path).slice(0, 200),
      message: String(problem?.message).slice(0, MAX_WORDS),
    })),
  };
}
