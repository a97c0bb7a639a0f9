import type { CompiledEntry } from '../config/plan.ts';
import type { TextFinding, TextHook, TextScanner } from '../policies/kind.ts';

/** Whether a hook sees its text only when all of it is there. */
export function isBuffered({ kind }: CompiledEntry, hook: TextHook): boolean {
  return (
    hook.form === 'buffered' ||
    hook.scanner.maxMatchLength === null ||
    kind.streaming !== 'windowed' ||
    kind.needs.includes('wholeMessage')
  );
}

interface Question {
  readonly text: string;
  readonly from: number;
  readonly hold: number;
}

/**
 * Calls scanners and holds them to the rules of `TextScanner`; a scanner that breaks them throws, which is "could not
 * run". One is used for many calls, so that a scan that finds nothing allocates nothing.
 */
export class Scan {
  /** Findings of the last call. Those that a scanner emitted before it threw are there too. */
  readonly findings: TextFinding[] = [];
  #end = 0;
  #length = 0;
  /** By scanner, the last question of a text to which it found nothing. */
  readonly #clean = new Map<TextScanner, Question>();

  readonly #emit = (finding: TextFinding): void => {
    if (!(finding.start >= this.#end && finding.end >= finding.start && finding.end <= this.#length)) {
      throw new RangeError('the scanner emitted a finding out of order or out of the text');
    }
    this.#end = finding.end;
    this.findings.push(finding);
  };

  /** @returns the hold. @throws whatever the scanner throws, RangeError where it breaks its rules */
  run(scanner: TextScanner, text: string, from: number, final: boolean): number {
    this.findings.length = 0;
    this.#end = from;
    this.#length = text.length;
    // What is pushed was often asked about before, and the answer depends on nothing else.
    const asked = final ? undefined : this.#clean.get(scanner);
    if (asked !== undefined && asked.from === from && asked.text === text) return asked.hold;
    const hold = scanner.scan(text, from, final, this.#emit);
    if (final) return text.length;
    if (!(hold >= from && hold <= text.length))
      throw new RangeError('the scanner returned a hold out of the text');
    this.#dropUndecided(hold);
    if (this.findings.length === 0) this.#clean.set(scanner, { text, from, hold });
    return hold;
  }

  /** What begins at the hold or after it is emitted again by the next call, which starts there. */
  #dropUndecided(hold: number): void {
    for (let last = this.findings.at(-1); last !== undefined; last = this.findings.at(-1)) {
      if (last.start >= hold) this.findings.pop();
      else if (last.end > hold)
        throw new RangeError('the scanner emitted a finding that reaches over its hold');
      else return;
    }
  }
}
