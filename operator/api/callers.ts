import type { Response } from 'express';
import type { AccessRequest, Authorizer } from './access.ts';
import type { Caller, CallingGateway, Person } from './auth.ts';
import { ApiError } from './errors.ts';

const callerOf = (response: Response): Caller => response.locals['caller'];

/** The person who calls. @throws ApiError `forbidden` for a gateway */
function callingPerson(response: Response): Person {
  const caller = callerOf(response);
  if (caller.role !== 'person')
    throw new ApiError('forbidden', 'a gateway’s token may only write what is its own.');
  return caller;
}

/**
 * The person who calls, where they may do this.
 * @throws ApiError `forbidden`, with what to ask for instead; `access_not_checked`
 */
export async function requireAccess(
  response: Response,
  authorizer: Authorizer,
  request: AccessRequest,
): Promise<Person> {
  const person = await personWithAccess(response, authorizer, request);
  if (person !== null) return person;
  throw new ApiError('forbidden', refusal(callingPerson(response), request));
}

/**
 * The same, or null where they may not, for answers that must not tell what there is.
 * @throws ApiError `forbidden` for a gateway; `access_not_checked`
 */
export async function personWithAccess(
  response: Response,
  authorizer: Authorizer,
  request: AccessRequest,
): Promise<Person | null> {
  const person = callingPerson(response);
  return (await authorizer.allows(person, request)) ? person : null;
}

/** Whether they may do this. @throws as `personWithAccess` */
export async function hasAccess(
  response: Response,
  authorizer: Authorizer,
  request: AccessRequest,
): Promise<boolean> {
  return (await personWithAccess(response, authorizer, request)) !== null;
}

function refusal({ user }: Person, { verb, resource, namespace }: AccessRequest): string {
  const who = user?.username ?? 'this token';
  const what = `${who} may not ${verb} ${resource}`;
  const remedy = `a role with the verb ${verb} on ${resource} of governance.keeptrusts.com`;
  return namespace === undefined
    ? `${what} of all namespaces. Name one of yours (namespace=NAME, with kt: --namespace NAME), or be given ${remedy} for the whole cluster.`
    : `${what} of namespace ${namespace}. It takes ${remedy} there.`;
}

/** @throws ApiError `forbidden` unless this instance of this gateway itself calls */
export function requireGateway(
  response: Response,
  namespace: string,
  gateway: string,
  instance: string,
): void {
  const caller = callerOf(response);
  const own = caller.role === 'gateway' && caller.namespace === namespace && caller.gateway === gateway;
  if (!own) throw new ApiError('forbidden', `only the gateway ${namespace}/${gateway} may write this.`);
  if (caller.instance === null || caller.instance === instance) return;
  throw new ApiError(
    'forbidden',
    `the token is for the pod ${caller.instance}, which may only write this of itself.`,
  );
}

/** The gateway that calls. @throws ApiError `forbidden` for a person */
export function callingGateway(response: Response): CallingGateway {
  const caller = callerOf(response);
  if (caller.role !== 'gateway')
    throw new ApiError('forbidden', 'only gateways may do this; use the token of one.');
  return caller;
}
