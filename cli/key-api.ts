import { type ApiClient, createApiClient } from './api.ts';
import type { EndpointFlags } from './endpoint.ts';
import { CliError, type Io } from './io.ts';
import { openEndpoint } from './open-endpoint.ts';

/** The API of a control plane, which keeps keys. @throws CliError where a lone gateway runs, which keeps none */
export async function openKeyApi(flags: EndpointFlags, io: Io): Promise<ApiClient> {
  const endpoint = await openEndpoint(flags, io);
  if (endpoint.kind === 'control-plane') return createApiClient(endpoint);
  throw new CliError(
    `at ${endpoint.url} runs a gateway without a control plane: its keys stand in identity.keys of its policy config. ` +
      'Take an entry out there to revoke a key.',
  );
}
