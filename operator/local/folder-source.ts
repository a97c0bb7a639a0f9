import { type FSWatcher, watch } from 'node:fs';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { type ObjectClient, ObjectError, refKey, refOf } from '../runtime/objects.ts';
import { folderSignature, manifestFiles } from './folder-files.ts';
import { type FolderObject, type FolderOptions, nameOf, readFolder } from './folder-reader.ts';
import type { FolderProblem } from './manifest-file.ts';

/** On every object that came from a file: which. It is how a restart knows what a removed file had held. */
const FILE_ANNOTATION = 'local.keeptrusts.com/file';

/** Editors write in several steps; a change is read when nothing has happened for this long. */
const QUIET_MS = 60;
/** A folder that never is quiet is read after this long all the same. */
const MAX_WAIT_MS = 1000;
/**
 * Editors and checkouts empty a file, or take it away, before they write it again. An object is missing only when no
 * file has held it for this long: to delete it would end its gateway.
 */
const MISSING_MS = 750;
/** `fs.watch` misses changes on some file systems, so the folder is also looked at this often. */
const POLL_MS = 1000;

export interface FolderSourceDeps {
  client: ObjectClient;
  clock: Clock;
  log: Log;
  /** Hears of each problem once, and of it again only after it was gone. */
  report(problem: FolderProblem): void;
  /** Hears of a file that had problems and has none now. */
  mended?(file: string): void;
}

/** Keeps the object store in step with the manifest files of a folder. */
export class FolderSource {
  readonly #options: FolderOptions;
  readonly #deps: FolderSourceDeps;
  #problems: FolderProblem[] = [];
  #signature = '';
  #watcher: FSWatcher | undefined;
  #quiet: Timer | undefined;
  /** When the first change came that is not read yet, in monotonic milliseconds. */
  #unread: number | undefined;
  #poll: Timer | undefined;
  /** Objects that no file holds any more, and since when. */
  #missing = new Map<string, number>();
  /** What the files hold now, by `Kind namespace/name`. */
  #held = new Map<string, FolderObject>();
  #again: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: FolderOptions, deps: FolderSourceDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** What is wrong with the folder now, in order of files. */
  problems(): readonly FolderProblem[] {
    return this.#problems;
  }

  /**
   * Where in the files an object stands that something is said of; null where no file holds it.
   * @param object `Kind namespace/name`
   * @param message what is said, which begins with the path of a field where one is to blame
   */
  place(object: string, message: string): { file: string; line: number; column: number | null } | null {
    const held = this.#held.get(object);
    if (held === undefined) return null;
    const { file, line } = held;
    return { file, line, column: null, ...held.place(message) };
  }

  /** Resolves when the objects of all files are in the store. @throws when the folder cannot be read */
  async start(): Promise<void> {
    manifestFiles(this.#options.dir, this.#options.except);
    await this.sync();
    try {
      this.#watcher = watch(this.#options.dir, { recursive: true }, () => this.#noticed());
      this.#watcher.on('error', (err) =>
        this.#deps.log.warn({ err }, 'watching the folder failed; polling it'),
      );
    } catch (err) {
      this.#deps.log.warn({ err }, 'the folder cannot be watched; polling it');
    }
    this.#schedulePoll();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watcher?.close();
    this.#quiet?.cancel();
    this.#poll?.cancel();
    this.#again?.cancel();
    await this.#running;
  }

  /** Takes the folder as it is now, removals too. Runs one after the other. */
  sync(): Promise<void> {
    return this.#sync(0);
  }

  #sync(missingMs: number): Promise<void> {
    this.#running = this.#running.then(() => this.#syncOnce(missingMs));
    return this.#running;
  }

  #noticed(): void {
    if (this.#stopped) return;
    const { clock } = this.#deps;
    const now = clock.monotonic();
    this.#unread ??= now;
    this.#quiet?.cancel();
    this.#quiet = clock.after(Math.max(0, Math.min(QUIET_MS, this.#unread + MAX_WAIT_MS - now)), () => {
      this.#unread = undefined;
      if (this.#changed()) void this.#sync(MISSING_MS);
    });
  }

  #schedulePoll(): void {
    if (this.#stopped) return;
    this.#poll = this.#deps.clock.after(POLL_MS, () => {
      if (this.#unread === undefined && this.#changed()) this.#noticed();
      this.#schedulePoll();
    });
  }

  #changed(): boolean {
    return folderSignature(this.#options.dir, this.#options.except) !== this.#signature;
  }

  async #syncOnce(missingMs: number): Promise<void> {
    // Taken before reading: what changes while we read is seen as a change afterwards.
    this.#signature = folderSignature(this.#options.dir, this.#options.except);
    const { objects: wanted, kept, problems } = readFolder(this.#options, (file) => this.#holds(file));
    if (wanted === null) this.#missing.clear();
    else {
      this.#held = new Map([...wanted.values()].map((object) => [nameOf(object.manifest), object]));
      for (const object of wanted.values()) await this.#apply(object, problems);
      await this.#prune(new Set(wanted.keys()), kept, missingMs);
    }
    const known = new Set(this.#problems.map((problem) => JSON.stringify(problem)));
    const before = new Set(this.#problems.map(({ file }) => file));
    this.#problems = problems;
    // These come from the machine, not from the text, so the text need not change before it is tried again.
    if (problems.some(({ code }) => code === 'failed' || code === 'unreadable')) this.#signature = '';
    for (const problem of problems) {
      if (!known.has(JSON.stringify(problem))) this.#deps.report(problem);
    }
    const bad = new Set(problems.map(({ file }) => file));
    const readable = new Set([...(wanted?.values() ?? [])].map(({ file }) => file));
    for (const file of before) if (!bad.has(file) && readable.has(file)) this.#deps.mended?.(file);
  }

  /** Whether objects in the store came from the file. */
  #holds(file: string): boolean {
    const { cache } = this.#deps.client;
    return [...this.#options.kinds.keys()].some((kind) =>
      cache.list(kind).some(({ metadata }) => metadata.annotations?.[FILE_ANNOTATION] === file),
    );
  }

  async #apply(object: FolderObject, problems: FolderProblem[]): Promise<void> {
    const { file, line, manifest } = object;
    const annotations = { ...manifest.metadata.annotations, [FILE_ANNOTATION]: file };
    try {
      await this.#deps.client.apply({ ...manifest, metadata: { ...manifest.metadata, annotations } });
    } catch (error) {
      const invalid =
        error instanceof ObjectError && (error.reason === 'Invalid' || error.reason === 'TooLarge');
      const message = error instanceof Error ? error.message : String(error);
      const code = invalid ? 'invalid' : 'failed';
      problems.push({ file, line, ...object.place(message), object: nameOf(manifest), code, message });
    }
  }

  async #prune(wanted: ReadonlySet<string>, kept: ReadonlySet<string>, missingMs: number): Promise<void> {
    const { client, clock, log } = this.#deps;
    const before = this.#missing;
    const now = clock.monotonic();
    this.#missing = new Map();
    for (const object of [...this.#options.kinds.keys()].flatMap((kind) => client.cache.list(kind))) {
      const file = object.metadata.annotations?.[FILE_ANNOTATION];
      const key = refKey(refOf(object));
      if (file === undefined || kept.has(file) || wanted.has(key)) continue;
      const since = before.get(key) ?? now;
      if (now - since < missingMs) {
        this.#missing.set(key, since);
        continue;
      }
      await client.delete(refOf(object), object.metadata.uid);
      log.info({ file, object: nameOf(object) }, 'object removed: its file no longer holds it');
    }
    this.#again?.cancel();
    if (this.#missing.size === 0 || this.#stopped) return;
    const next = Math.min(...this.#missing.values()) + missingMs - now;
    this.#again = clock.after(next, () => void this.#sync(missingMs));
  }
}
