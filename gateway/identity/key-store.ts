import type { Clock } from '../clock.ts';
import type { ControlPlaneClient } from '../events/control-plane-client.ts';
import type { Log } from '../events/log.ts';
import type { KeyFile } from './key-file.ts';
import { followKeys, type KeyFollower } from './key-follower.ts';
import { KeySet } from './key-set.ts';
import type { KeyLookup, KnownKey } from './known-key.ts';
import type { ReadPage } from './read-keys.ts';

export interface KeyStoreOptions {
  file: KeyFile;
  clock: Clock;
  logger: Log;
  random(): number;
  /** Something changed that others want to know at once: the first keys are there. */
  onReady(): void;
}

export interface KeyStats {
  /** Keys that are held. */
  count: number;
  /** Seconds since the control plane last said that these are all. */
  ageSeconds: number;
  /** Keys of the control plane that this version cannot judge, and does not take. */
  unreadable: number;
}

/**
 * The keys of callers that the control plane keeps, as of the last contact with it. They are looked up in memory, and on
 * the disk for the next start. While the control plane is away those held stay in force, however long; their age is told.
 */
export class CallerKeys implements KeyLookup {
  readonly #options: KeyStoreOptions;
  #keys: KeySet | null = null;
  /** Takes the place of `#keys` once everything is read. */
  #beginning: KeySet | null = null;
  readonly #unreadable = new Set<string>();
  /** By the monotonic clock, in ms. */
  #confirmedAt = 0;
  #changed = false;
  #saving: Promise<void> | null = null;
  #saveAgain = false;
  #unsaved = false;

  /** With the keys of the last process, where there are any. */
  constructor(options: KeyStoreOptions) {
    this.#options = options;
    const { file, clock, logger } = options;
    try {
      const saved = file.read();
      if (saved === null) return;
      this.#keys = new KeySet(saved.keys);
      this.#confirmedAt = clock.monotonic() - Math.max(0, clock.now() - saved.confirmedAt);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.warn({ reason }, 'the keys on the disk cannot be used; they are read from the control plane');
    }
  }

  /** Null before the first keys: nobody can be told apart then, and no traffic may be served. */
  get stats(): KeyStats | null {
    if (this.#keys === null) return null;
    const age = this.#options.clock.monotonic() - this.#confirmedAt;
    return { count: this.#keys.size, ageSeconds: age / 1000, unreadable: this.#unreadable.size };
  }

  get ready(): boolean {
    return this.#keys !== null;
  }

  find(sha256: string): KnownKey | undefined {
    return this.#keys?.find(sha256);
  }

  /** Follows the control plane behind `client` until it is stopped. */
  follow(client: ControlPlaneClient): KeyFollower {
    const { logger, random } = this.#options;
    return followKeys({ client, logger, random, take: (page) => this.#take(page) });
  }

  /** Resolves when what is held is on the disk, or cannot be put there. */
  async close(): Promise<void> {
    await this.#saving;
  }

  #take(page: ReadPage): void {
    if (page.whole) {
      this.#beginning = new KeySet();
      this.#unreadable.clear();
    }
    const set = this.#beginning ?? this.#keys;
    if (set === null) return;
    for (const key of page.keys) {
      set.put(key);
      this.#unreadable.delete(key.id);
    }
    for (const id of page.removed) {
      set.remove(id);
      this.#unreadable.delete(id);
    }
    for (const id of page.unreadable) {
      set.remove(id);
      this.#unreadable.add(id);
    }
    this.#changed ||= page.whole || page.keys.length + page.removed.length + page.unreadable.length > 0;
    if (!page.more) this.#complete();
  }

  #complete(): void {
    const first = this.#keys === null;
    if (this.#beginning !== null) this.#keys = this.#beginning;
    this.#beginning = null;
    this.#confirmedAt = this.#options.clock.monotonic();
    if (first) this.#options.onReady();
    if (this.#saving !== null) this.#saveAgain = true;
    else this.#saving = this.#saveAll();
  }

  /** One write at a time: a disk that is slow gets the newest, not all. */
  async #saveAll(): Promise<void> {
    do {
      this.#saveAgain = false;
      await this.#save();
    } while (this.#saveAgain);
    this.#saving = null;
  }

  async #save(): Promise<void> {
    const { file, clock, logger } = this.#options;
    const confirmedAt = clock.now();
    const changed = this.#changed;
    this.#changed = false;
    try {
      if (changed) await file.write({ keys: this.#keys?.list() ?? [], confirmedAt });
      else await file.confirm(confirmedAt);
      this.#unsaved = false;
    } catch (error) {
      // They are written at the next confirmation; until then a restart would have older ones.
      this.#changed = true;
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#unsaved) logger.warn({ reason }, 'the keys cannot be put on the disk');
      this.#unsaved = true;
    }
  }
}
