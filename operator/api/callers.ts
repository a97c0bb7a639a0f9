import type { Response } from 'express';
import type { Caller } from './auth.ts';
import { ApiError } from './errors.ts';

/** @throws ApiError `forbidden` unless a person calls */
export function requirePerson(response: Response): void {
  const caller: Caller = response.locals['caller'];
  if (caller.role !== 'person')
    throw new ApiError('forbidden', 'a gateway’s token may only write what is its own.');
}

/** @throws ApiError `forbidden` unless this gateway itself calls */
export function requireGateway(response: Response, namespace: string, gateway: string): void {
  const caller: Caller = response.locals['caller'];
  if (caller.role === 'gateway' && caller.namespace === namespace && caller.gateway === gateway) return;
  throw new ApiError('forbidden', `only the gateway ${namespace}/${gateway} may write this.`);
}

/** The gateway that calls. @throws ApiError `forbidden` for a person */
export function callingGateway(response: Response): { namespace: string; gateway: string } {
  const caller: Caller = response.locals['caller'];
  if (caller.role !== 'gateway')
    throw new ApiError('forbidden', 'events are written by gateways; use the token of one.');
  return caller;
}
