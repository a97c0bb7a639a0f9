import { isLoopback } from './openness.ts';

/** Whether a request may name this host; `undefined` where it names none, which no browser does. */
export type HostGuard = (host: string | undefined) => boolean;

/** Names that nobody can register, so that no foreign page has them: RFC 6761 and the reserved `.internal`. */
const RESERVED = /\.(?:localhost|internal)$/;

/** Said to a caller that is turned away. */
export const HOST_MESSAGE =
  'This port is for this machine alone: name it by localhost, a loopback address or the address that it listens on.';

/**
 * A listener on loopback trusts whoever reaches it. A page whose name was made to resolve to loopback reaches it too, and
 * the browser takes both for one site; what gives it away is the name in `host`. Other addresses have names that the
 * listener cannot know.
 * @param address that is listened on, without the port
 */
export function hostGuard(address: string): HostGuard {
  if (!isLoopback(address)) return () => true;
  let last: string | null = null;
  return (host) => {
    if (host === undefined || host === last) return true;
    const name = nameOf(host);
    const allowed = isLoopback(name) || name === address.toLowerCase() || RESERVED.test(name);
    if (allowed) last = host;
    return allowed;
  };
}

/** The host without its port, in lower case, without the dot that ends a full name. */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d{0,5}$/, '')
    .replace(/\.$/, '');
}

/** Values of `sec-fetch-site` of a page that is not the server's own: none may use it, whatever it could read. */
const FOREIGN = new Set(['cross-site', 'same-site']);

/** Whether a browser says that a page of another site sent this. @param site the header `sec-fetch-site` */
export function fromForeignPage(site: string | undefined): boolean {
  return site !== undefined && FOREIGN.has(site.trim().toLowerCase());
}
