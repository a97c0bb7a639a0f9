import type { Kube } from './config.ts';
import { Withheld } from './errors.ts';

/**
 * Lets reads through always and writes only while `mayWrite` says so. It is asked when a request leaves, not when it
 * is made: a process that stood still in between may be the leader no longer.
 */
export function fenced(kube: Pick<Kube, 'send' | 'renew'>, mayWrite: () => boolean): typeof kube {
  const permit = (): void => {
    if (!mayWrite()) throw new Withheld('this process does not hold the lease');
  };
  return {
    send: (request) => kube.send(request.method === 'GET' ? request : { ...request, permit }),
    renew: () => kube.renew(),
  };
}
