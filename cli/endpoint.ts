import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensureFolder, writeState } from '../gateway/contract/ensure-folder.ts';
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
  const file = join(flags.stateDir ?? io.env['KEEPTRUSTS_STATE_DIR'] ?? DEFAULT_STATE_DIR, FILE);
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

/** The file in a state folder. */
interface Stored extends Pick<Endpoint, 'kind' | 'url' | 'spool' | 'listen'> {
  token_file: string;
  /** Process that serves it. */
  pid?: number;
}

function readStored(file: string): Stored {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    const what =
      code === 'ENOENT' || code === 'ENOTDIR'
        ? `nothing runs here: there is no ${resolve(file)}`
        : `no API is known: ${resolve(file)} cannot be read (${code})`;
    throw new CliError(
      `${what}. Start one with 'kt up' or 'kt gateway run' in this folder, ` +
        'or name it with --api-url, KEEPTRUSTS_API_URL or --state-dir.',
    );
  }
  const stored = parseStored(text);
  if (stored !== null) return stored;
  throw new CliError(
    `${resolve(file)} is not what 'kt up' and 'kt gateway run' write there. Remove it and start one of them again, ` +
      'or name the API with --api-url.',
  );
}

function parseStored(text: string): Stored | null {
  try {
    const stored = JSON.parse(text);
    return typeof stored.url === 'string' && typeof stored.token_file === 'string' ? stored : null;
  } catch {
    return null;
  }
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

/**
 * Leaves the address of what was started for later commands. The token stays in its own file. Warns where the file is
 * that of another process, which is still alive: commands find only the newer of the two.
 */
export function writeEndpoint(
  stateDir: string,
  endpoint: Pick<Endpoint, 'kind' | 'url' | 'spool' | 'listen'> & { tokenFile: string },
  io: Pick<Io, 'err'>,
): void {
  const { kind, url, tokenFile, spool, listen } = endpoint;
  const content: Stored = {
    kind,
    url,
    token_file: resolve(tokenFile),
    ...(spool !== undefined && { spool: resolve(spool) }),
    ...(listen !== undefined && { listen }),
    pid: process.pid,
  };
  ensureFolder(stateDir);
  const file = join(stateDir, FILE);
  const other = peek(file);
  if (other?.pid !== undefined && other.pid !== process.pid && isAlive(other.pid)) {
    io.err(
      `Warning: process ${other.pid} serves ${other.url} with this state folder too; commands in it now reach ${url}.\n`,
    );
  }
  const temporary = `${file}.new`;
  writeState(stateDir, () => {
    writeFileSync(temporary, `${JSON.stringify(content, null, 2)}\n`);
    renameSync(temporary, file);
  });
}

/** Takes the address away again, unless another process has left its own since. Never throws. */
export function removeEndpoint(stateDir: string): void {
  const file = join(stateDir, FILE);
  if (peek(file)?.pid !== process.pid) return;
  try {
    rmSync(file);
  } catch {
    // The next command says that nothing answers at the address.
  }
}

function peek(file: string): Stored | null {
  try {
    return parseStored(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

function checked(url: string, from: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CliError(
      `${from}: '${url}' is not an http or https address. Give one such as http://127.0.0.1:8080.`,
      2,
    );
  }
  return url.replace(/\/+$/, '');
}
