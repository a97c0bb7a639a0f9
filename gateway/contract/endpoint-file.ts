import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensureFolder, writeState } from './ensure-folder.ts';
import { writeOwnFile } from './own-file.ts';

/** Where an API is served, as a running program leaves it in its state folder for `kt`. */
export interface Served {
  kind: 'control-plane' | 'gateway';
  /** Base URL without a path, such as `http://127.0.0.1:8080`. */
  url: string;
  /** Folder of the spool, where a lone gateway runs on this machine. */
  spool?: string;
  /** Address of its traffic port, `host:port`, where a lone gateway runs on this machine. */
  listen?: string;
}

/** The file in a state folder. */
export interface StoredEndpoint extends Served {
  token_file: string;
  /** Process that serves it. */
  pid?: number;
}

/** State folder of the control plane, below the working folder, where nothing else is said. */
export const DEFAULT_STATE_DIR = '.keeptrusts';

export const ENDPOINT_FILE = 'endpoint.json';

/** Null for what no program of ours has written. */
export function parseEndpoint(text: string): StoredEndpoint | null {
  try {
    const stored = JSON.parse(text);
    return typeof stored.url === 'string' && typeof stored.token_file === 'string' ? stored : null;
  } catch {
    return null;
  }
}

/**
 * Leaves the address of what was started for later commands. The token stays in its own file. Warns where the file is
 * that of another process, which is still alive: commands find only the newer of the two.
 * @throws StateFolderError
 */
export function writeEndpoint(
  stateDir: string,
  endpoint: Served & { tokenFile: string },
  warn: (text: string) => void,
): void {
  const { kind, url, tokenFile, spool, listen } = endpoint;
  const content: StoredEndpoint = {
    kind,
    url,
    token_file: resolve(tokenFile),
    ...(spool !== undefined && { spool: resolve(spool) }),
    ...(listen !== undefined && { listen }),
    pid: process.pid,
  };
  ensureFolder(stateDir);
  const file = join(stateDir, ENDPOINT_FILE);
  const other = peek(file);
  if (other?.pid !== undefined && other.pid !== process.pid && isAlive(other.pid)) {
    warn(
      `Warning: process ${other.pid} serves ${other.url} with this state folder too; commands in it now reach ${url}.\n`,
    );
  }
  const temporary = `${file}.new`;
  writeState(stateDir, () => {
    writeOwnFile(temporary, `${JSON.stringify(content, null, 2)}\n`);
    renameSync(temporary, file);
  });
}

/** Takes the address away again, unless another process has left its own since. Never throws. */
export function removeEndpoint(stateDir: string): void {
  const file = join(stateDir, ENDPOINT_FILE);
  if (peek(file)?.pid !== process.pid) return;
  try {
    rmSync(file);
  } catch {
    // The next command says that nothing answers at the address.
  }
}

function peek(file: string): StoredEndpoint | null {
  try {
    return parseEndpoint(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
