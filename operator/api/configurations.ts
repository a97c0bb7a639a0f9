import { Router } from 'express';
import type { ArchivedRevision } from '../store/store.ts';
import { hasAccess, requireAccess } from './callers.ts';
import { ApiError } from './errors.ts';
import { namespaceOf } from './namespace-query.ts';
import type { ApiParts } from './server.ts';

/** The compiled documents: the newest of each gateway that there is, and any that an event names. */
export function configurationRoutes({ store, authorizer, active }: ApiParts): Router {
  const routes = Router();

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
    const may = (namespace?: string): Promise<boolean> =>
      hasAccess(response, authorizer, { verb: 'get', resource: 'configurations', namespace });
    const everywhere = await may();
    const revision = await store.getRevision(request.params.hash);
    if (revision === null || !(everywhere || (await may(revision.namespace)))) {
      const hash = request.params.hash.slice(0, 80);
      throw new ApiError(
        'not_found',
        `no revision ${hash} was ever compiled here, or none that you may read.`,
      );
    }
    response.json({ ...summary(revision), document: revision.document });
  });

  return routes;
}

const summary = ({ hash, number, namespace, gateway, objects, compiledAt }: ArchivedRevision) => ({
  hash,
  number,
  namespace,
  gateway,
  objects,
  compiled_at: new Date(compiledAt).toISOString(),
});
