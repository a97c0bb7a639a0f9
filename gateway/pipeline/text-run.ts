import type { CompiledEntry } from '../config/plan.ts';
import { rewriteOrder } from '../contract/order.ts';
import type { Leaf, LeafEdit } from '../dialects/dialect.ts';
import type { ToolCall } from '../dialects/tool-call.ts';
import type { Phase, TextFinding, TextHook, ToolCallHook } from '../policies/kind.ts';
import { conclude, fault } from './conclude.ts';
import type { PhaseEnv, TextOutcome } from './outcome.ts';
import { NOT_RUN } from './reasons.ts';
import { isBuffered, Scan } from './scan.ts';
import { addSpan, maskSpans, rewriteSpans, type Span, splitsPair } from './spans.ts';
import { EntryTally } from './tally.ts';
import { JudgedCall } from './tool-calls.ts';

/** UTF-16 units that are scanned in one go: about 2 ms for all built detectors together. */
export const SLICE_UNITS = 32 * 1024;

/** What it costs to begin with a text, however short, in units of scanning. */
const LEAF_UNITS = 16;

/** What a pass looks at: the texts of a body or of a part of it, and the calls of tools that some of them belong to. */
export interface PassTexts {
  readonly leaves: readonly Leaf[];
  readonly calls: readonly ToolCall[];
}

/** The results of a phase: one for each entry that has a hook for what there is. */
export function talliesOf(entries: readonly CompiledEntry[], phase: Phase, hasCalls: boolean): EntryTally[] {
  const tallies: EntryTally[] = [];
  for (const compiled of entries) {
    const { inspectText, transformText, inspectToolCall } = compiled.policy;
    const judges = hasCalls && inspectToolCall?.phases.includes(phase) === true;
    if (inspectText === undefined && transformText === undefined && !judges) continue;
    tallies.push(new EntryTally(compiled, phase));
  }
  return tallies;
}

/** One pass of the entries that look at texts and calls of tools, over those of a phase. */
export class TextRun {
  readonly #phase: Phase;
  readonly #leaves: readonly Leaf[];
  readonly #calls: readonly ToolCall[];
  readonly #env: PhaseEnv;
  readonly #scan = new Scan();
  /** Text by leaf after the rewriters; null while none changed anything. */
  #rewritten: string[] | null = null;
  /** What the last scan found. */
  #found: TextFinding[] = this.#scan.findings;
  /** Redactions by leaf; null while there are none. */
  #spans: (Span[] | undefined)[] | null = null;
  /** When the time that is not booked yet began. */
  #at = 0;
  /** Units scanned since the last pause. */
  #units = 0;

  constructor(phase: Phase, { leaves, calls }: PassTexts, env: PhaseEnv) {
    this.#phase = phase;
    this.#leaves = leaves;
    this.#calls = calls;
    this.#env = env;
  }

  /** Stops at each place where others may have a turn; without large texts there is none. */
  *steps(tallies: readonly EntryTally[]): Generator<void, TextOutcome, void> {
    let rewriters: EntryTally[] | null = null;
    for (const tally of tallies) {
      if (tally.compiled.policy.transformText === undefined) continue;
      if (rewriters === null) rewriters = [tally];
      else rewriters.push(tally);
    }
    this.#at = this.#env.clock.monotonic();
    if (rewriters !== null && !(yield* this.#rewrite(rewriters))) skipRest(tallies, NOT_RUN.failed);
    else yield* this.#inspect(tallies);
    const code = this.#phase === 'input' ? 'input_blocked' : 'output_blocked';
    const outcome = conclude(tallies, code, this.#env);
    return { ...outcome, edits: outcome.error === null ? this.#edits() : [] };
  }

  /** @returns false when one could not run and fails closed: the text is not the one that was to be inspected. */
  *#rewrite(rewriters: readonly EntryTally[]): Generator<void, boolean, void> {
    for (const tally of rewriteOrder(rewriters, (one) => one.compiled.entry.source)) {
      const hook = tally.compiled.policy.transformText!;
      for (let i = 0; i < this.#leaves.length; i += 1) {
        const leaf = this.#leaves[i]!;
        const text = this.#textAt(i);
        try {
          if (!hook.appliesTo(leaf)) continue;
          if (isLarge(tally.compiled, hook, text)) yield* this.#scanSlices(tally, hook, text);
          else this.#scanWhole(tally, hook, text);
          if (this.#found.length > 0) this.#replace(tally, i, text);
        } catch (thrown) {
          if (fault(tally, thrown, this.#env)) {
            this.#book(tally);
            return false;
          }
        }
        if (this.#units >= SLICE_UNITS) yield* this.#pause(tally);
      }
      this.#book(tally);
    }
    return true;
  }

  *#inspect(tallies: readonly EntryTally[]): Generator<void, void, void> {
    let calls: JudgedCall[] | null = null;
    for (let order = 0; order < tallies.length; order += 1) {
      const tally = tallies[order]!;
      const { inspectText, inspectToolCall } = tally.compiled.policy;
      const judges = this.#calls.length > 0 && inspectToolCall?.phases.includes(this.#phase) === true;
      if (inspectText === undefined && !judges) continue;
      for (let i = 0; inspectText !== undefined && i < this.#leaves.length; i += 1) {
        const leaf = this.#leaves[i]!;
        const text = this.#textAt(i);
        this.#found.length = 0;
        try {
          if (!inspectText.appliesTo(leaf)) continue;
          if (isLarge(tally.compiled, inspectText, text)) yield* this.#scanSlices(tally, inspectText, text);
          else this.#scanWhole(tally, inspectText, text);
        } catch (thrown) {
          fault(tally, thrown, this.#env);
        }
        if (this.#found.length > 0) this.#take(tally, inspectText.action, i, text, order);
        if (this.#units >= SLICE_UNITS) yield* this.#pause(tally);
      }
      if (judges && !tally.blocks) {
        calls ??= this.#calls.map((call) => this.#judged(call));
        yield* this.#inspectCalls(tally, inspectToolCall, calls, order);
      }
      this.#book(tally);
      if (tally.blocks) {
        skipRest(tallies.slice(order + 1), NOT_RUN.blocked);
        return;
      }
    }
  }

  /** Of the calls as the rewriters left them, so that entries of both sorts judge the same text. */
  *#inspectCalls(
    tally: EntryTally,
    hook: ToolCallHook,
    calls: readonly JudgedCall[],
    order: number,
  ): Generator<void, void, void> {
    for (const call of calls) {
      try {
        call.judge(tally, hook, (leaf, finding) => {
          if (tally.acts) this.#mask(leaf, this.#textAt(leaf), finding, order);
        });
      } catch (thrown) {
        fault(tally, thrown, this.#env);
      }
      this.#units += call.arguments.length + LEAF_UNITS;
      if (this.#units >= SLICE_UNITS) yield* this.#pause(tally);
    }
  }

  #judged(call: ToolCall): JudgedCall {
    return new JudgedCall(this.#phase, call, this.#leaves, (leaf) => this.#textAt(leaf));
  }

  /** What the rewriters made of a leaf. */
  #textAt(leaf: number): string {
    return this.#rewritten?.[leaf] ?? this.#leaves[leaf]!.text;
  }

  #scanWhole(tally: EntryTally, { scanner }: TextHook, text: string): void {
    tally.ran = true;
    this.#found = this.#scan.findings;
    this.#units += text.length + LEAF_UNITS;
    this.#scan.run(scanner, text, 0, true);
  }

  /** As a stream would be scanned, with a pause after each slice. */
  *#scanSlices(tally: EntryTally, { scanner }: TextHook, text: string): Generator<void, void, void> {
    const found: TextFinding[] = [];
    tally.ran = true;
    this.#found = found;
    for (let from = 0, end = SLICE_UNITS; ; end += SLICE_UNITS) {
      const final = end >= text.length;
      const known = final ? text : text.slice(0, splitsPair(text, end) ? end - 1 : end);
      try {
        from = this.#scan.run(scanner, known, from, final);
      } finally {
        for (const finding of this.#scan.findings) found.push(finding);
      }
      if (final) return;
      yield* this.#pause(tally);
    }
  }

  #replace(tally: EntryTally, leaf: number, text: string): void {
    for (const finding of this.#found) tally.finding(this.#leaves[leaf]!.path, 0, 'rewrite', finding);
    if (!tally.acts) return;
    this.#rewritten ??= this.#leaves.map((one) => one.text);
    this.#rewritten[leaf] = rewriteSpans(text, 0, text.length, this.#found).out;
  }

  #take(tally: EntryTally, action: TextHook['action'], leaf: number, text: string, order: number): void {
    const { path } = this.#leaves[leaf]!;
    for (const finding of this.#found) tally.finding(path, 0, action, finding);
    if (!tally.acts || action === 'block' || action === 'escalate') return;
    for (const finding of this.#found) this.#mask(leaf, text, finding, order);
  }

  #mask(leaf: number, text: string, finding: TextFinding, order: number): void {
    this.#spans ??= [];
    const spans = this.#spans[leaf] ?? [];
    this.#spans[leaf] = spans;
    addSpan(spans, text, 0, finding, order);
  }

  #edits(): LeafEdit[] {
    const edits: LeafEdit[] = [];
    if (this.#rewritten === null && this.#spans === null) return edits;
    for (let i = 0; i < this.#leaves.length; i += 1) {
      const leaf = this.#leaves[i]!;
      let text = this.#textAt(i);
      const spans = this.#spans?.[i];
      if (spans !== undefined) text = maskSpans(text, 0, 0, text.length, spans).out;
      if (text !== leaf.text) edits.push({ ref: leaf.ref, text });
    }
    return edits;
  }

  /** Gives others a turn; the time that they take is nobody's. */
  *#pause(tally: EntryTally): Generator<void, void, void> {
    this.#book(tally);
    this.#units = 0;
    yield;
    this.#at = this.#env.clock.monotonic();
  }

  /** Books the time since the last call on an entry. */
  #book(tally: EntryTally): void {
    const now = this.#env.clock.monotonic();
    tally.us += (now - this.#at) * 1000;
    this.#at = now;
  }
}

/** A buffered hook takes its text in one go, however long it is. */
function isLarge(compiled: CompiledEntry, hook: TextHook, text: string): boolean {
  return text.length > SLICE_UNITS && !isBuffered(compiled, hook);
}

function skipRest(tallies: readonly EntryTally[], reason: string): void {
  for (const tally of tallies) if (!tally.ran) tally.skipped = reason;
}
