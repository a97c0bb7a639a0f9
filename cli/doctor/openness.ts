import type { Identity, Providers } from '../../gateway/contract/document.ts';
import { opennessProblems } from '../../gateway/contract/openness.ts';
import type { ApiClient } from '../api.ts';

/** What `/keeptrusts/config` says of callers and targets. */
interface Shown {
  identity?: Identity | null;
  providers?: Providers;
}

/**
 * What is wrong with who may call a lone gateway that others than this machine reach; null where nothing is.
 * @throws CliError when the gateway does not answer
 */
export async function openness(client: ApiClient): Promise<string | null> {
  const { listen } = client.endpoint;
  if (listen === undefined) return null;
  const { identity, providers } = await client.get<Shown>('/keeptrusts/config');
  const config = { ...(identity && { identity }), ...(providers && { providers }) };
  return opennessProblems(config, listen)[0]?.message ?? null;
}
