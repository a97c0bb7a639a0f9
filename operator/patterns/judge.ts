import type { ChildProcess } from 'node:child_process';
import { programBeside, startHelper } from '../../gateway/contract/helper-process.ts';
import type { PatternVerdict } from '../../gateway/contract/patterns.ts';
import type { PatternJudge } from '../domain/lint.ts';
import { Memo } from '../domain/memo.ts';

export interface JudgeOptions {
  /** Milliseconds after which a pattern counts as one that cannot be judged; a pattern takes up to one second. */
  limitMs?: number;
  /** Program of the process, for tests. */
  program?: string;
}

const LIMIT_MS = 10_000;
/** Objects are edited in bursts, so the process waits for another pattern so long (ms). */
const IDLE_MS = 10_000;
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
  #child: ChildProcess | null = null;
  #idle: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  #closed = false;

  constructor({
    limitMs = LIMIT_MS,
    program = programBeside(import.meta.url, 'judge-process'),
  }: JudgeOptions = {}) {
    this.#limitMs = limitMs;
    this.#program = program;
  }

  known(source: string): PatternVerdict | null {
    return this.#verdicts.peek(source);
  }

  /**
   * Never rejects: a pattern that cannot be judged is refused, with that reason. It stays unknown where the system starts
   * no process now, as for want of files or memory: that says nothing of the pattern.
   */
  judge(source: string): Promise<void> {
    this.#turn = this.#turn.then(() => this.#judge(source)).catch(() => this.#end());
    return this.#turn;
  }

  /** Ends the process; nothing is judged any more. */
  close(): void {
    this.#closed = true;
    this.#end();
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

  /** Null where the process fails or takes too long, which ends it. @throws where none can be started */
  async #ask(source: string): Promise<PatternVerdict | null> {
    if (this.#closed) return null;
    this.#child ??= startHelper(this.#program, MAX_HEAP_MB);
    const child = this.#child;
    if (child.pid === undefined) throw new Error('the system starts no process');
    const { promise, resolve } = Promise.withResolvers<PatternVerdict | null>();
    const answered = (verdict: unknown): void => resolve(verdict as PatternVerdict);
    const failed = (): void => resolve(null);
    child.once('message', answered).once('error', failed).once('exit', failed);
    const timer = setTimeout(failed, this.#limitMs);
    child.send(source, (error) => error && failed());
    const verdict = await promise;
    clearTimeout(timer);
    child.off('message', answered).off('error', failed).off('exit', failed);
    if (verdict === null) this.#end();
    return verdict;
  }

  #end(): void {
    clearTimeout(this.#idle);
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }
}
