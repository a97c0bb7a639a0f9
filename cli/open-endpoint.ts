import { namesCluster, openCluster } from './cluster-token.ts';
import { apiUrlOf, type Endpoint, type EndpointFlags, findEndpoint } from './endpoint.ts';
import type { Io } from './io.ts';
import { forwardedPort } from './port-forward.ts';

/**
 * Finds the API as `findEndpoint` does. Where only a cluster is named a port is forwarded to it until `kt` ends.
 * @throws CliError
 */
export async function openEndpoint(flags: EndpointFlags, io: Pick<Io, 'env' | 'onEnd'>): Promise<Endpoint> {
  if (!namesCluster(flags) || apiUrlOf(flags, io) !== undefined) return findEndpoint(flags, io);
  // A fault of the kubeconfig is told as one, and not as one of the port.
  await (await openCluster(flags)).close();
  const port = forwardedPort(flags, io);
  const endpoint = findEndpoint({ ...flags, apiUrl: await port.url() }, io);
  return { ...endpoint, port, from: 'a port that kubectl forwards' };
}
