import { hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import type { GatewayKey } from '../contract/document.ts';
import { isPlain } from '../contract/plain.ts';
import { replaceFile } from '../events/replace-file.ts';
import { isKey } from './read-keys.ts';

/** Whose keys they are: a folder may be given to another gateway. */
export interface KeyOwner {
  namespace: string;
  gateway: string;
}

export interface SavedKeys {
  keys: GatewayKey[];
  /** When the control plane last said that these are all, in ms since the epoch. */
  confirmedAt: number;
}

/**
 * The keys on the disk: a line with the hash of the rest, and JSON. The file's time is that of the last confirmation.
 * Whoever can write to the folder can add keys; whoever can read it gets hashes.
 */
export class KeyFile {
  readonly #path: string;
  readonly #owner: KeyOwner;

  constructor(path: string, owner: KeyOwner) {
    this.#path = path;
    this.#owner = owner;
  }

  /** Null where there is none. @throws Error that says why the one that is there cannot be used */
  read(): SavedKeys | null {
    let text: string;
    let confirmedAt: number;
    try {
      text = readFileSync(this.#path, 'utf8');
      confirmedAt = statSync(this.#path).mtimeMs;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    const end = text.indexOf('\n');
    const body = text.slice(end + 1);
    if (end < 0 || text.slice(0, end) !== sumOf(body))
      throw new Error('its checksum is not that of its keys');
    return { keys: this.#keysOf(JSON.parse(body)), confirmedAt };
  }

  /** Replaces what is there whole, mode 0600. @throws the system's error */
  async write({ keys, confirmedAt }: SavedKeys): Promise<void> {
    const body = `${JSON.stringify({ ...this.#owner, keys })}\n`;
    await replaceFile(this.#path, `${sumOf(body)}\n${body}`);
    await this.confirm(confirmedAt);
  }

  /** What is there is still all. @throws the system's error */
  confirm(confirmedAt: number): Promise<void> {
    return utimes(this.#path, confirmedAt / 1000, confirmedAt / 1000);
  }

  #keysOf(saved: unknown): GatewayKey[] {
    const { namespace, gateway } = this.#owner;
    const own = isPlain(saved) && saved['namespace'] === namespace && saved['gateway'] === gateway;
    if (!own) throw new Error(`it is not of the gateway ${namespace}/${gateway}`);
    const { keys } = saved;
    if (!Array.isArray(keys) || !keys.every(isKey)) throw new Error('another version wrote it');
    return keys;
  }
}

const sumOf = (body: string): string => `sha256:${hash('sha256', body, 'hex')}`;
