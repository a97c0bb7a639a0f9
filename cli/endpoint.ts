import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { baseUrlFault } from '../gateway/contract/base-url.ts';
import {
  DEFAULT_STATE_DIR,
  ENDPOINT_FILE,
  parseEndpoint,
  type Served,
  type StoredEndpoint,
} from '../gateway/contract/endpoint-file.ts';
import { type ClusterFlags, clusterBearer, namesCluster } from './cluster-token.ts';
import { CliError, type Io } from './io.ts';
import type { ForwardedPort } from './port-forward.ts';

/** An API, and how it is called. */
export interface Endpoint extends Served {
  /** Bearer token; empty where none is needed. */
  token: string;
  /** Gives the token for each call, in the place of `token`: one of a cluster is renewed. @throws CliError */
  bearer?(): Promise<string>;
  /** Gives the address for each call, in the place of `url`: another one where the first leads nowhere any more. */
  port?: ForwardedPort;
  /** Where it was found, for messages. */
  from: string;
}

export interface EndpointFlags extends ClusterFlags {
  apiUrl?: string;
  apiToken?: string;
  stateDir?: string;
}

/** Nothing names an API: neither a flag nor the environment, and no program of ours has left its address here. */
export class NoApiError extends CliError {
  override readonly name = 'NoApiError';
}

/**
 * Finds the API: flag, then environment (`KEEPTRUSTS_API_URL`, `KEEPTRUSTS_API_TOKEN`), then state folder. The token of
 * a cluster is sent only where a flag names the cluster, and there the environment, which may be that of a local
 * control plane, names neither an address nor a token.
 * @throws CliError when none of them names one
 */
export function findEndpoint(flags: EndpointFlags, io: Pick<Io, 'env'>): Endpoint {
  const url = apiUrlOf(flags, io);
  const token = flags.apiToken ?? named(flags, io, 'KEEPTRUSTS_API_TOKEN');
  if (url !== undefined) {
    const from = flags.apiUrl === undefined ? 'KEEPTRUSTS_API_URL' : '--api-url';
    const endpoint = { kind: 'control-plane', url: checked(url, from), token: token ?? '', from } as const;
    if (token !== undefined || !namesCluster(flags)) return endpoint;
    return { ...endpoint, bearer: clusterBearer(flags, endpoint.url) };
  }
  const file = join(flags.stateDir ?? io.env['KEEPTRUSTS_STATE_DIR'] ?? DEFAULT_STATE_DIR, ENDPOINT_FILE);
  const { kind, url: address, token_file, spool, listen } = readStored(file);
  return {
    kind,
    url: checked(address, file),
    token: token ?? readToken(token_file, file),
    from: file,
    ...(spool !== undefined && { spool }),
    ...(listen !== undefined && { listen }),
  };
}

/** The address that is named; undefined where it is to be found in a state folder, or behind a cluster. */
export function apiUrlOf(flags: EndpointFlags, io: Pick<Io, 'env'>): string | undefined {
  return flags.apiUrl ?? named(flags, io, 'KEEPTRUSTS_API_URL');
}

const named = (flags: EndpointFlags, { env }: Pick<Io, 'env'>, variable: string): string | undefined =>
  namesCluster(flags) ? undefined : env[variable];

function readStored(file: string): StoredEndpoint {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    const absent = code === 'ENOENT' || code === 'ENOTDIR';
    const what = absent
      ? `nothing runs here: there is no ${resolve(file)}`
      : `no API is known: ${resolve(file)} cannot be read (${code})`;
    throw new (absent ? NoApiError : CliError)(
      `${what}. Start one with 'kt up' or 'kt gateway run' in this folder, ` +
        'name it with --api-url, KEEPTRUSTS_API_URL or --state-dir, or name a cluster with --context.',
    );
  }
  const stored = parseEndpoint(text);
  if (stored !== null) return stored;
  throw new CliError(
    `${resolve(file)} is not what 'kt up' and 'kt gateway run' write there. Remove it and start one of them again, ` +
      'or name the API with --api-url.',
  );
}

function readToken(tokenFile: string, file: string): string {
  try {
    return readFileSync(tokenFile, 'utf8').trim();
  } catch (error) {
    throw new CliError(
      `the token file ${tokenFile}, which ${resolve(file)} names, cannot be read (${codeOf(error)}). ` +
        'Start what runs there again, or give its token with --api-token or KEEPTRUSTS_API_TOKEN.',
    );
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

function checked(url: string, from: string): string {
  const fault = baseUrlFault(url);
  if (fault !== null) {
    throw new CliError(
      `${from} ${fault}. Give an address such as http://127.0.0.1:8080, and its token with --api-token or KEEPTRUSTS_API_TOKEN.`,
      2,
    );
  }
  return url.replace(/\/+$/, '');
}
