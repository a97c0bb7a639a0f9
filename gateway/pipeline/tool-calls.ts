import type { Leaf } from '../dialects/dialect.ts';
import {
  type ComposedText,
  compose,
  type LeafSpan,
  leafSpans,
  type ToolCall,
} from '../dialects/tool-call.ts';
import { readJson } from '../json/read.ts';
import { jsonValue } from '../json/value.ts';
import type { Phase, TextFinding, ToolCallFacts, ToolCallHook } from '../policies/kind.ts';
import type { EntryTally } from './tally.ts';

/**
 * UTF-16 units of a call's arguments; a longer one is not judged, which is "could not run". Four times what the longest
 * answer of a model today can hold (128,000 tokens).
 */
const MAX_CALL_UNITS = 2 ** 20;

/** Told of each stretch of a leaf that is to be masked. */
export type Mask = (leaf: number, finding: TextFinding) => void;

/** One call with the values that its leaves have after the rewriters, as hooks see it. */
export class JudgedCall implements ToolCallFacts {
  readonly phase: Phase;
  readonly path: string;
  readonly owner: number;
  readonly index: number;
  readonly id: string | null;
  readonly name: string;
  readonly arguments: string;
  readonly #leaves: readonly Leaf[];
  readonly #composed: ComposedText;
  #json: { readonly value: unknown } | null | undefined;

  /** @param textAt the text of a leaf by its place */
  constructor(phase: Phase, call: ToolCall, leaves: readonly Leaf[], textAt: (leaf: number) => string) {
    const original = (leaf: number): string => leaves[leaf]!.text;
    this.#leaves = leaves;
    this.phase = phase;
    this.path = call.path;
    this.owner = call.owner;
    this.index = call.index;
    this.id = call.id;
    this.name = compose(call.name, original, textAt).text;
    this.#composed = compose(call.arguments, original, textAt);
    this.arguments = this.#composed.text;
  }

  get json(): { readonly value: unknown } | null {
    if (this.#json === undefined) this.#json = readArguments(this.arguments);
    return this.#json;
  }

  /**
   * Asks the hook of an entry, and writes down what it says.
   * @throws whatever the hook throws, RangeError where it breaks its rules or the call is too long
   */
  judge(tally: EntryTally, hook: ToolCallHook, mask: Mask): void {
    tally.ran = true;
    if (this.arguments.length > MAX_CALL_UNITS)
      throw new RangeError('the tool call is too long to be judged');
    const inspection = hook.inspect(this);
    if (inspection === null) return;
    if (inspection.action !== 'redact') {
      const { action, reason, score, message } = inspection;
      tally.ask(action, reason, score, message);
      tally.note(this.path, reason);
      return;
    }
    const masks = inspection.findings.flatMap((finding) =>
      this.#covered(finding).map(({ leaf, start, end }) => ({ leaf, finding: { ...finding, start, end } })),
    );
    for (const { leaf, finding } of masks) {
      tally.finding(this.#leaves[leaf]!.path, 0, 'redact', finding);
      mask(leaf, finding);
    }
  }

  #covered({ start, end }: TextFinding): LeafSpan[] {
    const inside = start >= 0 && end > start && end <= this.arguments.length;
    const covered = inside ? leafSpans(this.#composed, start, end) : [];
    if (covered.length === 0)
      throw new RangeError('the hook named a span that covers no text of the arguments');
    return covered;
  }
}

/** Strictly: of an object with one key twice each reader sees another value. */
function readArguments(text: string): { readonly value: unknown } | null {
  try {
    return { value: jsonValue(readJson(text)) };
  } catch {
    return null;
  }
}
