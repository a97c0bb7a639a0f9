import type { RequestHandler } from 'express';
import { fromForeignPage, HOST_MESSAGE, hostGuard } from '../../gateway/contract/browser-guard.ts';
import { ApiError } from './errors.ts';

/**
 * Turns away what a page of another site makes a browser send, before anything else is looked at: some paths need no
 * token.
 * @param host address that the API listens on
 */
export function refuseForeignPages(host: string): RequestHandler {
  const allowed = hostGuard(host);
  return (request, _response, next) => {
    if (!allowed(request.headers.host)) throw new ApiError('host_not_allowed', HOST_MESSAGE);
    if (fromForeignPage(request.headers['sec-fetch-site']?.toString())) {
      throw new ApiError(
        'cross_site',
        'a page of another site sent this from a browser. Call from a server.',
      );
    }
    next();
  };
}
