import { Router } from 'express';
import type { ArchivedRevision, RevisionSummary } from '../store/store.ts';
import { hasAccess, requireAccess } from './callers.ts';
import { ApiError } from './errors.ts';
import { namespaceOf } from './namespace-query.ts';
import type { ApiParts } from './server.ts';

/** The compiled documents: the newest of each gateway that there is, and any that an event names. */
export function configurationRoutes({ store, authorizer, active }: ApiParts): Router {
  const routes = Router();

  /** As a gateway ran it whose revisions the caller may read: equal documents of several namespaces have one hash. */
  async function readable(
    hash: string,
    may: (namespace?: string) => Promise<boolean>,
  ): Promise<ArchivedRevision | null> {
    if (await may()) return store.getRevision(hash);
    for (const namespace of await store.namespacesOfRevision(hash))
      if (await may(namespace)) return store.getRevision(hash, namespace);
    return null;
  }

  routes.get('/', async (request, response) => {
    const wanted = namespaceOf(request.url);
    await requireAccess(response, authorizer, {
      verb: 'list',
      resource: 'configurations',
      namespace: wanted,
    });
    const newest = await store.listConfigurations();
    const now = newest.filter(
      ({ namespace, gateway }) =>
        (wanted === undefined || namespace === wanted) && active(namespace, gateway),
    );
    response.json({ configurations: now.map(summary) });
  });

  routes.get('/:hash', async (request, response) => {
    const { hash } = request.params;
    const revision = await readable(hash, (namespace) =>
      hasAccess(response, authorizer, { verb: 'get', resource: 'configurations', namespace }),
    );
    if (revision === null) {
      throw new ApiError(
        'not_found',
        `no revision ${hash.slice(0, 80)} was ever compiled here, or none that you may read.`,
      );
    }
    response.json({ ...summary(revision), document: revision.document });
  });

  return routes;
}

const summary = ({ hash, number, namespace, gateway, objects, compiledAt }: RevisionSummary) => ({
  hash,
  number,
  namespace,
  gateway,
  objects,
  compiled_at: new Date(compiledAt).toISOString(),
});
