import { Router } from 'express';
import type { ArchivedRevision } from '../store/store.ts';
import { requirePerson } from './callers.ts';
import { ApiError } from './errors.ts';
import type { ApiParts } from './server.ts';

/** The compiled documents: the newest of each gateway that there is, and any that an event names. */
export function configurationRoutes({ store, active }: ApiParts): Router {
  const routes = Router();

  routes.get('/', async (_request, response) => {
    requirePerson(response);
    const newest = await store.listConfigurations();
    const now = newest.filter(({ namespace, gateway }) => active(namespace, gateway));
    response.json({ configurations: now.map(summary) });
  });

  routes.get('/:hash', async (request, response) => {
    requirePerson(response);
    const revision = await store.getRevision(request.params.hash);
    if (revision === null)
      throw new ApiError(
        'not_found',
        `no revision ${request.params.hash.slice(0, 80)} was ever compiled here.`,
      );
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
