import type { SecretRef, Target } from '../contract/document.ts';
import { type Watcher, watchFiles } from './file-watch.ts';
import { fileOf, fromEnvironment, fromFile, placeOf, type SecretValue } from './secret-value.ts';

export interface CredentialOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** Folder of `store` references and of relative `file` references; null where there is none. */
  secretsDir: string | null;
  /** How often files are looked at (ms), beside the watch of their folders. */
  pollMs?: number;
}

export interface Credentials {
  /** Reads what is not read yet, and keeps it up to date from then on. */
  prepare(refs: readonly SecretRef[]): Promise<void>;
  /** Why a credential cannot be had, in words; null where it can. Prepared references only. */
  problem(ref: SecretRef): string | null;
  /** Value of a target's credential, null where it has none. Never waits. @throws Error that names the place, not the value */
  of(target: Target): string | null;
  /** Called after a file appeared, vanished or changed. */
  onChange(listener: () => void): void;
  close(): void;
}

const POLL_MS = 5_000;

/** Provider credentials, in memory only. Files are read again when they change. */
export function createCredentials(options: CredentialOptions): Credentials {
  return new FileCredentials(options);
}

class FileCredentials implements Credentials {
  readonly #options: CredentialOptions;
  readonly #values = new Map<string, SecretValue>();
  readonly #files = new Map<string, string>();
  readonly #listeners: (() => void)[] = [];
  #watcher: Watcher | null = null;

  constructor(options: CredentialOptions) {
    this.#options = options;
  }

  async prepare(refs: readonly SecretRef[]): Promise<void> {
    const before = this.#files.size;
    await Promise.all(refs.map((ref) => this.#read(ref)));
    if (this.#files.size === before) return;
    this.#watcher?.close();
    this.#watcher = watchFiles(() => [...this.#files.values()], {
      pollMs: this.#options.pollMs ?? POLL_MS,
      changed: () => void this.#refresh(),
    });
    await this.#watcher.ready;
    await this.#refresh();
  }

  problem(ref: SecretRef): string | null {
    const found = this.#values.get(placeOf(ref));
    if (found === undefined) return `${placeOf(ref)} was not read`;
    return found.ok ? null : found.problem;
  }

  of(target: Target): string | null {
    const ref = target.secret_key_ref;
    if (ref === undefined) return null;
    const found = this.#values.get(placeOf(ref));
    if (found?.ok) return found.value;
    throw new Error(this.problem(ref) ?? 'the credential cannot be read');
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }

  async #read(ref: SecretRef): Promise<void> {
    const place = placeOf(ref);
    if (this.#values.has(place)) return;
    if ('env' in ref) {
      this.#values.set(place, fromEnvironment(ref.env, this.#options.env));
      return;
    }
    const file = fileOf(ref, this.#options.secretsDir);
    if ('problem' in file || file.path === null) {
      this.#values.set(place, {
        ok: false,
        problem: 'problem' in file ? file.problem : `${place} is no file`,
      });
      return;
    }
    this.#values.set(place, await fromFile(file.path));
    this.#files.set(place, file.path);
  }

  async #refresh(): Promise<void> {
    let changed = false;
    for (const [place, path] of this.#files) {
      const [before, after] = [this.#values.get(place), await fromFile(path)];
      if (same(before, after)) continue;
      this.#values.set(place, after);
      changed = true;
    }
    if (changed) for (const listener of this.#listeners) listener();
  }
}

function same(a: SecretValue | undefined, b: SecretValue): boolean {
  if (a === undefined || a.ok !== b.ok) return false;
  return a.ok && b.ok ? a.value === b.value : !a.ok && !b.ok && a.problem === b.problem;
}
