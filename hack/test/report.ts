import { relative } from 'node:path';
import type { FileResult } from './lanes.ts';

/** Seconds from which a file has a line of its own. */
const TELL_S = 1;
/** Seconds from which a file is named as slow. */
const SLOW_S = 10;

/** Tells how a run goes on, and at its end what came of it. Its last line is `N passed, N failed, N skipped`. */
export class Report {
  readonly #root: string;
  readonly #say: (text: string) => void;
  #passed = 0;
  #failed = 0;
  readonly #skipped: string[] = [];
  readonly #failures: string[] = [];
  #slow: { name: string; seconds: number }[] = [];

  /** Files are named as seen from `root`. */
  constructor(root: string, say: (text: string) => void) {
    this.#root = root;
    this.#say = say;
  }

  /** A file has ended. */
  add({ file, seconds, passed, failed, skipped, failures, output }: FileResult): void {
    const name = relative(this.#root, file);
    this.#passed += passed;
    this.#failed += failed;
    this.#skipped.push(...skipped.map((title) => `${name}: ${title}`));
    if (failed > 0) this.#failures.push(`${name}\n${failures}`);
    if (seconds >= SLOW_S) this.#slow.push({ name, seconds });
    const text = output.trimEnd();
    if (seconds < TELL_S && failed === 0 && text === '') return;
    const counts = failed === 0 ? `${passed} passed` : `${passed} passed, ${failed} FAILED`;
    this.#say(`${seconds.toFixed(1).padStart(6)} s  ${name}: ${counts}`);
    if (text !== '') this.#say(text.replace(/^/gm, '    '));
  }

  /** Something failed that is no test. */
  fail(why: string): void {
    this.#failed += 1;
    this.#failures.push(why);
    this.#say(why);
  }

  skip(why: string): void {
    this.#skipped.push(why);
  }

  /** Names the files that take long, for whoever wants the run to be shorter. */
  endTier(name: string, seconds: number): void {
    this.#say(`tier ${name} took ${seconds.toFixed(0)} s`);
    const slowest = this.#slow.sort((a, b) => b.seconds - a.seconds).slice(0, 12);
    this.#slow = [];
    if (slowest.length === 0) return;
    const lines = slowest.map((one) => `${one.seconds.toFixed(0).padStart(4)} s  ${one.name}`);
    this.#say(`slowest files:\n${lines.join('\n')}`);
  }

  /** Says what failed and what was skipped. Returns whether tests ran and none failed. */
  end(): boolean {
    if (this.#passed + this.#failed === 0) this.fail('no test ran');
    if (this.#failures.length > 0) this.#say(`\nfailed:\n\n${this.#failures.join('\n\n')}`);
    if (this.#skipped.length > 0) this.#say(`\nskipped:\n  ${this.#skipped.join('\n  ')}`);
    this.#say(`${this.#passed} passed, ${this.#failed} failed, ${this.#skipped.length} skipped`);
    return this.#failed === 0;
  }
}
