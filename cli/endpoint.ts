import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError, type Io } from './io.ts';

/** Where an API is served, as a running `kt up` or `kt gateway run` leaves it in its state folder. */
export interface Endpoint {
  kind: 'control-plane' | 'gateway';
  /** Base URL without a path, such as `http://127.0.0.1:8080`. */
  url: string;
  /** Bearer token; empty where none is needed. */
  token: string;
  /** Folder of the spool, where a lone gateway runs on this machine. */
  spool?: string;
  /** Address of its traffic port, `host:port`, where a lone gateway runs on this machine. */
  listen?: string;
  /** Where it was found, for messages. */
  from: string;
}

export interface EndpointFlags {
  apiUrl?: string;
  apiToken?: string;
  stateDir?: string;
}

export const DEFAULT_STATE_DIR = '.keeptrusts';
const FILE = 'endpoint.json';

/**
 * Finds the API: flag, then environment (`KEEPTRUSTS_API_URL`, `KEEPTRUSTS_API_TOKEN`), then state folder.
 * @throws CliError when none of them names one
 */
export function findEndpoint(flags: EndpointFlags, io: Pick<Io, 'env'>): Endpoint {
  const url = flags.apiUrl ?? io.env['KEEPTRUSTS_API_URL'];
  const token = flags.apiToken ?? io.env['KEEPTRUSTS_API_TOKEN'];
  if (url !== undefined) {
    const from = flags.apiUrl === undefined ? 'KEEPTRUSTS_API_URL' : '--api-url';
    return { kind: 'control-plane', url: checked(url, from), token: token ?? '', from };
  }
  const stateDir = flags.stateDir ?? io.env['KEEPTRUSTS_STATE_DIR'] ?? DEFAULT_STATE_DIR;
  const file = join(stateDir, FILE);
  try {
    const { kind, url, token_file, spool, listen } = JSON.parse(readFileSync(file, 'utf8'));
    return {
      kind,
      url: checked(url, file),
      token: token ?? readFileSync(token_file, 'utf8').trim(),
      from: file,
      ...(spool !== undefined && { spool }),
      ...(listen !== undefined && { listen }),
    };
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(
      `no API is known: ${resolve(file)} cannot be read. Start one with 'kt up' or 'kt gateway run' in this folder, ` +
        'or name it with --api-url, KEEPTRUSTS_API_URL or --state-dir.',
    );
  }
}

/** Leaves the address of what was started for later commands. The token stays in its own file. */
export function writeEndpoint(
  stateDir: string,
  endpoint: Pick<Endpoint, 'kind' | 'url' | 'spool' | 'listen'> & { tokenFile: string },
): void {
  const { kind, url, tokenFile, spool, listen } = endpoint;
  const content = {
    kind,
    url,
    token_file: resolve(tokenFile),
    ...(spool !== undefined && { spool: resolve(spool) }),
    ...(listen !== undefined && { listen }),
  };
  mkdirSync(stateDir, { recursive: true });
  const temporary = join(stateDir, `${FILE}.new`);
  writeFileSync(temporary, `${JSON.stringify(content, null, 2)}\n`);
  renameSync(temporary, join(stateDir, FILE));
}

function checked(url: string, from: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CliError(
      `${from}: '${url}' is not an http or https address. Give one such as http://127.0.0.1:8080.`,
      2,
    );
  }
  return url.replace(/\/+$/, '');
}
