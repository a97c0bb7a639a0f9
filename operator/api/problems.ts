import { Router } from 'express';
import { requirePerson } from './callers.ts';
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
export function problemRoutes({ problems }: Pick<ApiParts, 'problems'>): Router {
  const routes = Router();
  routes.get('/', (_request, response) => {
    requirePerson(response);
    response.json({ problems: problems?.() ?? [] });
  });
  return routes;
}
