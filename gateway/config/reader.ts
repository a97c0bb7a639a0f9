import { Worker } from 'node:worker_threads';
import type { Examined } from '../contract/examine.ts';

export interface ConfigReader {
  /** Reads and checks a document in a worker thread. Rejects when it takes too long or the thread fails. */
  read(text: string): Promise<Examined>;
  close(): Promise<void>;
}

export interface ReaderOptions {
  /** Name of the file. */
  file: string;
  /** Folders of policy kinds; the built-in ones where it is left out. */
  kindDirs?: readonly string[];
  /** Whether no control plane keeps the record; null where the document alone decides. */
  loneGateway?: boolean | null;
  /** A document that is not judged in this time (ms) is refused. */
  timeoutMs?: number;
}

/** What the thread is started with. */
export interface WorkerSetup {
  kindDirs: readonly string[] | undefined;
  loneGateway: boolean | null;
}

export interface ReadRequest {
  text: string;
  file: string;
}

const TIMEOUT_MS = 60_000;
/** Edits come in bursts; a thread costs a start of some 100 ms and some 20 MB while it waits (ms). */
const IDLE_MS = 10_000;

/** Documents are judged one after the other; the thread ends after a while without work. */
export function createConfigReader(options: ReaderOptions): ConfigReader {
  return new WorkerReader(options);
}

class WorkerReader implements ConfigReader {
  readonly #options: ReaderOptions;
  #worker: Worker | null = null;
  #idle: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  read(text: string): Promise<Examined> {
    const answer = this.#turn.then(() => this.#ask(text));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
    this.#worker = null;
  }

  async #ask(text: string): Promise<Examined> {
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    const worker = this.#worker;
    try {
      const examined = await this.#answerOf(worker, { text, file: this.#options.file });
      this.#idle = setTimeout(() => void this.close(), IDLE_MS).unref();
      return examined;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  #start(): Worker {
    // From the built tree the thread is a `.js`, from the sources a `.ts`: the same ending as this file's.
    const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
    const { kindDirs, loneGateway = null } = this.#options;
    const workerData: WorkerSetup = { kindDirs, loneGateway };
    const worker = new Worker(new URL(`./read-worker${ending}`, import.meta.url), { workerData });
    worker.unref();
    return worker;
  }

  async #answerOf(worker: Worker, request: ReadRequest): Promise<Examined> {
    const { promise, resolve, reject } = Promise.withResolvers<Examined>();
    const exited = (): void => reject(new Error('the thread that reads documents ended early'));
    const limit = this.#options.timeoutMs ?? TIMEOUT_MS;
    const timer = setTimeout(() => reject(new Error(`it took over ${limit} ms`)), limit);
    worker.once('message', resolve).once('error', reject).once('exit', exited);
    worker.postMessage(request);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      worker.off('message', resolve).off('error', reject).off('exit', exited);
    }
  }
}
