import { createHash } from 'node:crypto';
import type { Code } from '../contract/codes.ts';
import type { PolicyConfig } from '../contract/document.ts';
import type { Examined } from '../contract/examine.ts';
import type { Problem } from '../contract/problem.ts';
import { MAX_DOCUMENT_CHARS } from '../contract/yaml-source.ts';
import { type Watcher, watchFiles } from './file-watch.ts';
import type { Plan } from './plan.ts';
import { readBounded } from './read-bounded.ts';

/** A document that was refused: whatever was in force before stays so. */
export interface RejectedDocument {
  /** SHA-256 of the text, 64 hex digits; empty where there is no text. */
  hash: string;
  problems: Problem[];
}

export interface LoaderOptions {
  /** File of the policy config; its folder is watched. */
  path: string;
  /** Reads and checks a text, off this thread. */
  read(text: string): Promise<Examined>;
  /** Makes the plan, off the request path. */
  compile(config: PolicyConfig): Promise<Plan>;
  /** A plan to swap in, with the text that it came from and the warnings that lint has. */
  onPlan(plan: Plan, text: string, warnings: readonly Problem[]): void;
  onRejected(rejected: RejectedDocument): void;
  /** How often the file is looked at (ms) beside the watch. */
  pollMs?: number;
}

export interface ConfigLoader {
  /** Resolves when the first document was taken or refused, and watches from then on. */
  start(): Promise<void>;
  /** Compiles the document in force again, such as after a credential changed. */
  recompile(): Promise<void>;
  /** Tells nothing any more. A read under way is not waited for: a mount may have stalled. */
  close(): void;
}

const POLL_MS = 1_000;
/** A character takes up to four bytes. */
const MAX_BYTES = 4 * MAX_DOCUMENT_CHARS;

/** Keeps the plan of a file up to date. A bad document changes nothing. Loads run one at a time. */
export function createConfigLoader(options: LoaderOptions): ConfigLoader {
  return new FileLoader(options);
}

interface Accepted {
  config: PolicyConfig;
  text: string;
  warnings: Problem[];
}

class FileLoader implements ConfigLoader {
  readonly #options: LoaderOptions;
  #watcher: Watcher | null = null;
  /** The text judged last, good or bad; null where it could not be read. Undefined where none was judged to its end. */
  #judged: string | null | undefined;
  /** The newest document, where it was refused. */
  #rejected: RejectedDocument | null = null;
  #accepted: Accepted | null = null;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#watcher = watchFiles(() => [this.#options.path], {
      pollMs: this.#options.pollMs ?? POLL_MS,
      changed: () => void this.#inTurn(() => this.#load()),
    });
    await this.#watcher.ready;
    await this.#inTurn(() => this.#load());
  }

  recompile(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#accepted === null) return;
      const rejected = this.#rejected;
      await this.#compile(this.#accepted);
      // The newest document is refused as it was: what is compiled again is the one before it.
      if (rejected !== null && this.#rejected === null) this.#reject(rejected);
    });
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(() => (this.#closed ? undefined : work()));
    return this.#turn;
  }

  async #load(): Promise<void> {
    const text = await this.#text();
    if (text === null || text === this.#judged) return;
    this.#judged = text;
    const examined = await this.#examine(text);
    if (examined === null || this.#closed) return;
    const { config, problems } = examined;
    if (config === null) this.#reject({ hash: hashOf(text), problems });
    else await this.#compile({ config, text, warnings: problems });
  }

  async #text(): Promise<string | null> {
    const { path } = this.#options;
    let failure: [Code, string];
    try {
      const text = await readBounded(path, MAX_BYTES);
      if (text !== null) return text;
      failure = ['E026', `${path} has over ${MAX_BYTES} bytes`];
    } catch (error) {
      failure = ['E031', `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`];
    }
    if (this.#judged !== null) this.#fail(null, ...failure);
    this.#judged = null;
    return null;
  }

  async #examine(text: string): Promise<Examined | null> {
    try {
      return await this.#options.read(text);
    } catch (error) {
      this.#unjudged(text, `the document could not be judged: ${messageOf(error)}`);
      return null;
    }
  }

  async #compile(accepted: Accepted): Promise<void> {
    let plan: Plan;
    try {
      plan = await this.#options.compile(accepted.config);
    } catch (error) {
      this.#unjudged(accepted.text, `the document could not be compiled: ${messageOf(error)}`);
      return;
    }
    if (this.#closed) return;
    this.#accepted = accepted;
    this.#rejected = null;
    this.#options.onPlan(plan, accepted.text, accepted.warnings);
  }

  /** The fault may be the machine's: the same text is judged again when the file is next written. */
  #unjudged(text: string, message: string): void {
    this.#judged = undefined;
    this.#fail(text, 'E032', message);
  }

  #fail(text: string | null, code: Code, message: string): void {
    const problems: Problem[] = [{ code, severity: 'error', path: '', line: 1, column: 1, message }];
    this.#reject({ hash: text === null ? '' : hashOf(text), problems });
  }

  #reject(rejected: RejectedDocument): void {
    if (this.#closed) return;
    this.#rejected = rejected;
    this.#options.onRejected(rejected);
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
