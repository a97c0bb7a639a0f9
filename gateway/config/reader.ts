import type { ChildProcess } from 'node:child_process';
import type { Examined } from '../contract/examine.ts';
import { programBeside, startHelper } from '../contract/helper-process.ts';
import type { Classified } from '../detectors/classify.ts';

export interface ConfigReader {
  /** Starts the process ahead of the first document, which then need not wait for it. */
  prepare(): void;
  /** Reads and checks a document in a process of its own. Rejects when it takes too long or that process fails. */
  read(text: string): Promise<Examined>;
  close(): Promise<void>;
}

export interface ReaderOptions {
  /** Name of the file. */
  file: string;
  /** Folders of policy kinds; the built-in ones where it is left out. */
  kindDirs?: readonly string[];
  /** Whether no control plane keeps the record. Where it is left out, the document says so itself. */
  loneGateway?: boolean;
  /** Days for which a lone gateway's spool keeps events; see `LintSituation`. */
  spoolDays?: number | undefined;
  /** Takes over what was found out about the document's patterns, before `read` resolves. */
  learn?(classified: ReadAnswer['classified']): void;
  /** A document is refused when nothing more of it was judged in this time (ms): a large one may hold thousands of patterns. */
  timeoutMs?: number;
}

export interface ReadRequest {
  text: string;
  file: string;
  kindDirs: readonly string[] | null;
  loneGateway: boolean | null;
  spoolDays: number | undefined;
}

export interface ReadAnswer {
  examined: Examined;
  /** Patterns that were judged for the first time. */
  classified: [source: string, classified: Classified][];
}

/** Sent by the process for each pattern that it has judged. */
export const PROGRESS = 'progress';

const TIMEOUT_MS = 60_000;
/** Edits come in bursts, so the process waits for another so long (ms). */
const IDLE_MS = 10_000;
/** Of the process, in MB: a document of the largest size takes some 300. */
const MAX_HEAP_MB = 512;

/**
 * Documents are judged one after the other. A process and not a thread, since a thread leaves its some 100 MB of
 * resident memory behind when it ends (measured), for good.
 */
export function createConfigReader(options: ReaderOptions): ConfigReader {
  return new ProcessReader(options);
}

class ProcessReader implements ConfigReader {
  readonly #options: ReaderOptions;
  #child: ChildProcess | null = null;
  #idle: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  prepare(): void {
    this.#child ??= this.#start();
  }

  read(text: string): Promise<Examined> {
    const answer = this.#turn.then(() => this.#ask(text));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const child = this.#child;
    this.#child = null;
    // Without an id it never started, and no exit is told.
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    child.ref();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
    await promise;
  }

  async #ask(text: string): Promise<Examined> {
    clearTimeout(this.#idle);
    this.#child ??= this.#start();
    try {
      const { examined, classified } = await this.#answerOf(this.#child, text);
      this.#options.learn?.(classified);
      this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref();
      return examined;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  #start(): ChildProcess {
    const child = startHelper(programBeside(import.meta.url, 'read-process'), MAX_HEAP_MB);
    // The machine may end it between two documents, as when memory is short: the next one needs a new process.
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
    });
    return child;
  }

  async #answerOf(child: ChildProcess, text: string): Promise<ReadAnswer> {
    const { file, kindDirs = null, loneGateway = null, spoolDays } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<ReadAnswer>();
    const answered = (answer: unknown): unknown =>
      answer === PROGRESS ? timer.refresh() : resolve(answer as ReadAnswer);
    const exited = (): void => reject(new Error('the process that reads documents ended early'));
    const limit = this.#options.timeoutMs ?? TIMEOUT_MS;
    const timer = setTimeout(() => reject(new Error(`nothing more of it was judged in ${limit} ms`)), limit);
    child.on('message', answered).once('error', reject).once('exit', exited);
    try {
      child.send({ text, file, kindDirs, loneGateway, spoolDays } satisfies ReadRequest);
      return await promise;
    } finally {
      clearTimeout(timer);
      child.off('message', answered).off('error', reject).off('exit', exited);
    }
  }
}
