import { Router } from 'express';
import { requireAccess } from './callers.ts';
import { namespaceOf } from './namespace-query.ts';
import type { ApiParts } from './server.ts';

/** What is wrong with the resources now, with where it stands. */
export interface ResourceProblem {
  /** Errors keep an object, or a part of it, from working; warnings do not. */
  severity: 'error' | 'warning';
  /** File in the folder; null for objects that came from elsewhere or for a finding that no file is to blame for. */
  file: string | null;
  /** From 1. */
  line: number | null;
  column: number | null;
  /** `Kind namespace/name`. */
  object: string | null;
  code: string;
  message: string;
}

/** What people would otherwise have to read from the log of the control plane. */
export function problemRoutes({ problems, authorizer }: Pick<ApiParts, 'problems' | 'authorizer'>): Router {
  const routes = Router();
  routes.get('/', async (request, response) => {
    const namespace = namespaceOf(request.url);
    await requireAccess(response, authorizer, { verb: 'list', resource: 'configurations', namespace });
    const all = problems?.() ?? [];
    const isOf = ({ object }: ResourceProblem): boolean => object?.split(' ')[1]?.split('/')[0] === namespace;
    response.json({ problems: namespace === undefined ? all : all.filter(isOf) });
  });
  return routes;
}
