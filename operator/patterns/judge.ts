import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { programBeside, startHelper } from '../../gateway/contract/helper-process.ts';
import type { PatternVerdict } from '../../gateway/contract/patterns.ts';
import type { PatternJudge } from '../domain/lint.ts';
import { Memo } from '../domain/memo.ts';

export interface JudgeOptions {
  /** Milliseconds after which a pattern counts as one that cannot be judged; a pattern takes up to one second. */
  limitMs?: number;
  /** Program of the process, for tests. */
  program?: string;
  /** Told once, in words, when the process does not start any more; it is tried again. */
  report?(reason: string): void;
}

const LIMIT_MS = 10_000;
/** Objects are edited in bursts, so the process waits for another pattern so long (ms). */
const IDLE_MS = 10_000;
/** Milliseconds after which a process that did not start is tried again. */
const AGAIN_MS = 1000;
/** Of the process, in MB. */
const MAX_HEAP_MB = 256;
/**
 * Verdicts that are remembered: more than the largest documents of some namespaces hold. Some 15 MB as patterns are, 100 MB
 * where each is as long as the schema lets it be.
 */
const MAX_VERDICTS = 65_536;

/**
 * Judges patterns in a process of its own, one after the other: the objects of one namespace may hold hundreds that take
 * a second each, and what recheck waits for may have been ended by the machine. Whoever has several asks for the
 * next when he has the one before, so that callers take turns.
 */
export class PatternProcess implements PatternJudge {
  readonly #verdicts = new Memo<PatternVerdict>(MAX_VERDICTS);
  readonly #limitMs: number;
  readonly #program: string;
  readonly #report: (reason: string) => void;
  readonly #closing = new AbortController();
  #told = false;
  #child: ChildProcess | null = null;
  #idle: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor({
    limitMs = LIMIT_MS,
    program = programBeside(import.meta.url, 'judge-process'),
    report = () => undefined,
  }: JudgeOptions = {}) {
    this.#limitMs = limitMs;
    this.#program = program;
    this.#report = report;
  }

  known(source: string): PatternVerdict | null {
    return this.#verdicts.peek(source);
  }

  /**
   * Never rejects: a pattern that cannot be judged is refused, with that reason. It stays unknown where no process
   * starts now, as for want of files or memory: that says nothing of the pattern.
   */
  judge(source: string): Promise<void> {
    this.#turn = this.#turn.then(() => this.#judge(source)).catch((error) => this.#failed(error));
    return this.#turn;
  }

  /** Ends the process; nothing is judged any more. */
  close(): void {
    this.#closing.abort();
    this.#end();
  }

  async #failed(error: unknown): Promise<void> {
    this.#end();
    if (this.#closed) return;
    if (!this.#told) this.#report(error instanceof Error ? error.message : String(error));
    this.#told = true;
    const { signal } = this.#closing;
    await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #judge(source: string): Promise<void> {
    if (this.#closed || this.known(source) !== null) return;
    clearTimeout(this.#idle);
    // The machine may have ended the process for another reason: twice is the pattern's fault.
    const verdict = (await this.#ask(source)) ?? (await this.#ask(source)) ?? this.#refused();
    if (this.#closed) return;
    this.#verdicts.get(source, () => verdict);
    this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref();
  }

  #refused(): PatternVerdict {
    const error = `the pattern cannot be judged: that takes over ${this.#limitMs / 1000} s, or more memory than there is`;
    return { ok: false, error };
  }

  /** Null where the process fails or takes too long, which ends it. @throws Error where none starts */
  async #ask(source: string): Promise<PatternVerdict | null> {
    const child = await this.#started();
    if (child === null) return null;
    const answer = this.#answer(child);
    child.send(source, (error) => error && child.emit('error', error));
    const verdict = (await answer) as PatternVerdict | null;
    if (verdict === null) this.#end();
    return verdict;
  }

  /** The process once it has said that it runs; null after the end. @throws Error */
  async #started(): Promise<ChildProcess | null> {
    if (this.#closed || this.#child !== null) return this.#child;
    const child = startHelper(this.#program, MAX_HEAP_MB);
    this.#child = child;
    if (child.pid === undefined) throw new Error('the system starts no process');
    const isReady = (await this.#answer(child)) !== null;
    if (this.#closed) return null;
    if (!isReady) throw new Error('the process that judges patterns ends, or hangs, before it has begun');
    this.#told = false;
    return child;
  }

  /** The next message of the process, within the limit; null where it fails. */
  async #answer(child: ChildProcess): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const failed = (): void => resolve(null);
    child.once('message', resolve).once('error', failed).once('exit', failed);
    const timer = setTimeout(failed, this.#limitMs);
    const message = await promise;
    clearTimeout(timer);
    child.off('message', resolve).off('error', failed).off('exit', failed);
    return message;
  }

  #end(): void {
    clearTimeout(this.#idle);
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }
}
