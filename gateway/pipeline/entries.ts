import type { CompiledEntry } from '../config/plan.ts';
import { rewriteOrder } from '../contract/order.ts';
import type { Leaf, LeafEdit } from '../dialects/dialect.ts';
import type { Phase, TextFinding } from '../policies/kind.ts';
import { conclude, fault } from './conclude.ts';
import type { PhaseEnv, TextOutcome } from './outcome.ts';
import { NOT_RUN } from './reasons.ts';
import { Scan } from './scan.ts';
import { addSpan, maskSpans, rewriteSpans, type Span } from './spans.ts';
import { EntryTally } from './tally.ts';

/**
 * Runs the text hooks of a phase over all its leaves, in two steps: every rewriter in order, then every other entry
 * over that same text. Redactions are united as spans over it, any block wins, and no entry sees another's marker.
 * Entries that observe or guide change nothing, so the others see the text as if those were not there.
 *
 * The first entry that blocks leaves the rest `not_run`. A check that could not run and fails closed does not: a later
 * entry may still block, and a block outweighs it.
 */
export function inspectTexts(
  entries: readonly CompiledEntry[],
  phase: Phase,
  leaves: readonly Leaf[],
  env: PhaseEnv,
): TextOutcome {
  return new TextRun(phase, leaves, env).run(entries);
}

class TextRun {
  readonly #phase: Phase;
  readonly #leaves: readonly Leaf[];
  readonly #env: PhaseEnv;
  readonly #scan = new Scan();
  /** Text by leaf after the rewriters; null while none changed anything. */
  #rewritten: string[] | null = null;
  /** Redactions by leaf; null while there are none. */
  #spans: (Span[] | undefined)[] | null = null;
  #at = 0;

  constructor(phase: Phase, leaves: readonly Leaf[], env: PhaseEnv) {
    this.#phase = phase;
    this.#leaves = leaves;
    this.#env = env;
  }

  run(entries: readonly CompiledEntry[]): TextOutcome {
    const tallies: EntryTally[] = [];
    let rewriters: EntryTally[] | null = null;
    for (const compiled of entries) {
      const { policy } = compiled;
      if (policy.inspectText === undefined && policy.transformText === undefined) continue;
      const tally = new EntryTally(compiled, this.#phase);
      tallies.push(tally);
      if (policy.transformText === undefined) continue;
      if (rewriters === null) rewriters = [tally];
      else rewriters.push(tally);
    }
    this.#at = this.#env.clock.monotonic();
    if (rewriters !== null && !this.#rewrite(rewriters)) skipRest(tallies, NOT_RUN.failed);
    else this.#inspect(tallies);
    const code = this.#phase === 'input' ? 'input_blocked' : 'output_blocked';
    const outcome = conclude(tallies, code, this.#env);
    return { ...outcome, edits: outcome.error === null ? this.#edits() : [] };
  }

  /** @returns false when one could not run and fails closed: the text is not the one that was to be inspected. */
  #rewrite(rewriters: readonly EntryTally[]): boolean {
    for (const tally of rewriteOrder(rewriters, (one) => one.compiled.entry.source)) {
      const hook = tally.compiled.policy.transformText!;
      let closed = false;
      for (let i = 0; i < this.#leaves.length && !closed; i += 1) {
        const leaf = this.#leaves[i]!;
        try {
          if (!hook.appliesTo(leaf)) continue;
          tally.ran = true;
          const text = this.#rewritten?.[i] ?? leaf.text;
          this.#scan.run(hook.scanner, text, 0, true);
          const { findings } = this.#scan;
          if (findings.length === 0) continue;
          for (const finding of findings) tally.finding(leaf.path, 0, 'rewrite', finding);
          if (!tally.acts) continue;
          this.#rewritten ??= this.#leaves.map((one) => one.text);
          this.#rewritten[i] = rewriteSpans(text, 0, text.length, findings).out;
        } catch (thrown) {
          closed = fault(tally, thrown, this.#env);
        }
      }
      this.#clock(tally);
      if (closed) return false;
    }
    return true;
  }

  #inspect(tallies: readonly EntryTally[]): void {
    for (let order = 0; order < tallies.length; order += 1) {
      const tally = tallies[order]!;
      const hook = tally.compiled.policy.inspectText;
      if (hook === undefined) continue;
      const redacts = tally.acts && (hook.action === 'redact' || hook.action === 'rewrite');
      for (let i = 0; i < this.#leaves.length; i += 1) {
        const leaf = this.#leaves[i]!;
        const text = this.#rewritten?.[i] ?? leaf.text;
        this.#scan.findings.length = 0;
        try {
          if (!hook.appliesTo(leaf)) continue;
          tally.ran = true;
          this.#scan.run(hook.scanner, text, 0, true);
        } catch (thrown) {
          fault(tally, thrown, this.#env);
        }
        for (const finding of this.#scan.findings) {
          tally.finding(leaf.path, 0, hook.action, finding);
          if (redacts) this.#redact(i, text, finding, order);
        }
      }
      this.#clock(tally);
      if (tally.blocks) {
        skipRest(tallies.slice(order + 1), NOT_RUN.blocked);
        return;
      }
    }
  }

  #redact(leaf: number, text: string, finding: TextFinding, order: number): void {
    this.#spans ??= [];
    let spans = this.#spans[leaf];
    if (spans === undefined) {
      spans = [];
      this.#spans[leaf] = spans;
    }
    addSpan(spans, text, 0, finding, order);
  }

  #edits(): LeafEdit[] {
    const edits: LeafEdit[] = [];
    if (this.#rewritten === null && this.#spans === null) return edits;
    for (let i = 0; i < this.#leaves.length; i += 1) {
      const leaf = this.#leaves[i]!;
      let text = this.#rewritten?.[i] ?? leaf.text;
      const spans = this.#spans?.[i];
      if (spans !== undefined) text = maskSpans(text, 0, 0, text.length, spans).out;
      if (text !== leaf.text) edits.push({ ref: leaf.ref, text });
    }
    return edits;
  }

  /** Books the time since the last call on an entry. */
  #clock(tally: EntryTally): void {
    const now = this.#env.clock.monotonic();
    tally.us += (now - this.#at) * 1000;
    this.#at = now;
  }
}

function skipRest(tallies: readonly EntryTally[], reason: string): void {
  for (const tally of tallies) if (!tally.ran) tally.skipped = reason;
}
