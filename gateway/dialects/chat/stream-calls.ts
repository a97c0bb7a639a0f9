import { GatewayError } from '../../errors.ts';
import { type JsonNode, member, STRING, stringValue } from '../../json/node.ts';
import { type JsonDocument, readJson } from '../../json/read.ts';
import type { Leaf, ToolCallJudge } from '../dialect.ts';
import type { OutFrame } from '../frame.ts';
import { HeldText } from '../held-text.ts';
import { type CallText, compose, jsonText, plainText, type ToolCall } from '../tool-call.ts';
import { choiceIndex } from './answer.ts';
import { type CallNode, callsOf } from './calls.ts';

/** Calls of one stream that are judged. */
const MAX_CALLS = 1024;

/** A fragment of a call that waits with it. */
export interface Kept {
  /** Gives it to the channels that it would have gone to. @throws what a guard throws */
  replay: (() => void) | null;
}

/** A call on its way. */
class OpenCall {
  readonly choice: number;
  readonly index: number;
  readonly json: boolean;
  id: string | null = null;
  readonly name = new HeldText();
  readonly input = new HeldText();
  /** Arguments that came as JSON of their own and not as a text of it. */
  bare = '';
  readonly frames: OutFrame[] = [];
  readonly kept: Kept[] = [];
  /** `passed`: it was too large to wait, or one too many. */
  state: 'open' | 'passed' | 'ended' = 'open';
  readonly #listed: boolean;

  constructor(choice: number, index: number, { element, json }: CallNode) {
    this.choice = choice;
    this.index = index;
    this.json = json;
    this.#listed = element !== null;
  }

  /** Names the texts that must stay in order, as `placeOf` does. */
  get lane(): string {
    return `${this.choice}.${this.#listed ? `tool_calls[${this.index}]` : 'function_call'}`;
  }

  /** Whether nothing can follow: its arguments are a whole object. */
  get isWhole(): boolean {
    const { text } = this.input;
    if (!this.json || this.bare !== '' || !text.trimEnd().endsWith('}')) return false;
    try {
      readJson(text);
      return true;
    } catch {
      return false;
    }
  }

  /** The call as in a whole answer, and its texts. */
  whole(): { call: ToolCall; leaves: Leaf[] } {
    const { choice, index, id } = this;
    const path = `choices[${choice}].message.${this.#listed ? `tool_calls[${index}]` : 'function_call'}`;
    const tool = !this.#listed ? path : `${path}.${this.json ? 'function' : 'custom'}`;
    const leaves: Leaf[] = [];
    const leaf = (text: string, at: string, part: Leaf['part']): number => {
      const ref = leaves.length;
      leaves.push({ phase: 'output', path: `${tool}.${at}`, part, role: 'assistant', text, ref });
      return ref;
    };
    const ofText = (text: string, at: string, part: Leaf['part']): CallText =>
      plainText(text, text === '' ? 0 : leaf(text, at, part));
    const name = ofText(this.name.text, 'name', 'other');
    const { text } = this.input;
    let input: CallText;
    if (this.bare !== '') input = { text: text + this.bare, pieces: [] };
    else if (!this.json) input = ofText(text, 'input', 'tool_arguments');
    else input = jsonText(text, (value, at) => leaf(value, `arguments{${at}}`, 'tool_arguments'));
    return { call: { path, owner: choice, index, id, name, arguments: input }, leaves };
  }
}

/**
 * The calls of tools in one stream, put together from their fragments and judged in their order when they are complete: at
 * the finish of their choice, or, as the next call begins, where the arguments are a whole object. That the next one
 * begins says nothing alone, since calls may come by turns.
 */
export class StreamCalls {
  readonly #judge: ToolCallJudge;
  readonly #maxBytes: number;
  readonly #calls: OpenCall[] = [];
  readonly #byKey = new Map<string, OpenCall>();
  /** By choice, the call that began last, how many have begun, and whether one before it is open. */
  readonly #latest = new Map<number, { call: OpenCall; count: number; waits: boolean }>();
  /** By their literals, the fragments of the chunk being read that wait. */
  #kept = new Map<JsonNode, Kept>();
  /** Of the frames that wait for a call. */
  #bytes = 0;

  /** @param maxBytes bytes of the frames that wait; a call that would make them more is let go as one that nobody could judge */
  constructor(judge: ToolCallJudge, maxBytes: number) {
    this.#judge = judge;
    this.#maxBytes = maxBytes;
  }

  /**
   * Reads the parts of calls in a chunk, before its texts are given to their channels.
   * @returns whether there are any
   * @throws what the judge and guards throw; GatewayError `upstream_invalid`
   */
  read({ root, text }: JsonDocument, frame: OutFrame): boolean {
    this.#kept = new Map();
    let any = false;
    for (let choice = member(root, 'choices')?.first ?? null; choice !== null; choice = choice.next) {
      const index = choiceIndex(text, choice);
      for (const part of callsOf(text, member(choice, 'delta'))) {
        this.#part(text, frame, index, 'delta', part);
        any = true;
      }
      // A whole message in a chunk.
      const whole = callsOf(text, member(choice, 'message'));
      const calls = whole.map((part) => this.#part(text, frame, index, 'message', part));
      for (const call of calls) this.#end(call);
      any ||= calls.length > 0;
    }
    return any;
  }

  /** What waits of a string of the chunk; null where it goes to its channel. */
  kept(node: JsonNode): Kept | null {
    return this.#kept.get(node) ?? null;
  }

  /** Ends the calls of a choice, or of every one. @throws what the judge throws */
  close(choice: number | null): void {
    for (const call of this.#calls) if (choice === null || call.choice === choice) this.#end(call);
  }

  #part(text: string, frame: OutFrame, choice: number, form: string, part: CallNode): OpenCall {
    const { element, id, json } = part;
    const place = element === null ? '' : `[${part.declared ?? element.index}]`;
    const key = `${choice}.${form}${place}${json ? '' : '.custom'}`;
    const name = textOf(text, part.name);
    const input = textOf(text, part.arguments);
    let call = this.#byKey.get(key);
    // Some vendors give each call the same index, or none: a name that comes with another id begins a call.
    const another = id !== null && name !== '' && call?.id != null && call.id !== id;
    const ended = call?.state === 'ended' && (name + input).trim() !== '';
    // Nothing has waited for who only watches, and he may refuse nothing.
    if (call === undefined || another || (ended && !this.#judge.holds)) {
      if (call !== undefined) this.#end(call);
      call = this.#begin(choice, part, call !== undefined);
      this.#byKey.set(key, call);
    } else if (ended) {
      const message = 'The upstream went on with a tool call that it had ended.';
      throw new GatewayError('upstream_invalid', message);
    }
    call.id ??= id;
    if (call.state === 'open') this.#add(call, frame, part, name, input);
    return call;
  }

  #begin(choice: number, part: CallNode, another: boolean): OpenCall {
    const latest = this.#latest.get(choice);
    // In their order, so that it does not matter which of them turned out to be whole.
    if (this.#judge.holds && latest?.waits === false && latest.call.isWhole) this.#end(latest.call);
    const count = latest?.count ?? 0;
    const waits = latest !== undefined && (latest.waits || latest.call.state === 'open');
    const index = part.element === null ? 0 : another ? count : (part.declared ?? part.element.index);
    const call = new OpenCall(choice, index, part);
    this.#latest.set(choice, { call, count: count + 1, waits });
    this.#judge.begun();
    if (this.#calls.length < MAX_CALLS) this.#calls.push(call);
    else this.#pass(call);
    return call;
  }

  #add(call: OpenCall, frame: OutFrame, part: CallNode, name: string, input: string): void {
    if (this.#judge.holds && call.frames.at(-1) !== frame) {
      if (this.#bytes + frame.size > this.#maxBytes) {
        this.#pass(call);
        return;
      }
      this.#bytes += frame.size;
      call.frames.push(frame);
      frame.lanes.push(call.lane);
      frame.waiting++;
      frame.calls++;
    }
    if (part.name !== null && name !== '') this.#take(call, call.name, frame, part.name, name);
    if (part.arguments === null || input === '') return;
    if (part.arguments.kind === STRING) this.#take(call, call.input, frame, part.arguments, input);
    else call.bare += input;
  }

  #take(call: OpenCall, held: HeldText, frame: OutFrame, node: JsonNode, fragment: string): void {
    if (!this.#judge.holds || node.kind !== STRING) {
      held.note(fragment);
      return;
    }
    const kept: Kept = { replay: null };
    this.#kept.set(node, kept);
    call.kept.push(kept);
    held.push(frame, node, fragment);
  }

  #end(call: OpenCall): void {
    if (call.state === 'ended') return;
    const { state } = call;
    call.state = 'ended';
    if (state === 'passed') return;
    const { call: whole, leaves } = call.whole();
    const edits = new Map(this.#judge.judge(whole, leaves).map(({ ref, text }) => [ref, text]));
    const now = (text: CallText): string =>
      edits.size === 0
        ? text.text
        : compose(
            text,
            (at) => leaves[at]!.text,
            (at) => edits.get(at) ?? leaves[at]!.text,
          ).text;
    call.name.release(now(whole.name));
    if (call.bare === '') call.input.release(now(whole.arguments));
    this.#letGo(call);
  }

  /** Lets a call go that is too much, as if nobody judged calls. */
  #pass(call: OpenCall): void {
    this.#judge.tooMuch();
    call.state = 'passed';
    call.name.release(call.name.text);
    call.input.release(call.input.text);
    for (const { replay } of call.kept.splice(0)) replay?.();
    this.#letGo(call);
  }

  #letGo(call: OpenCall): void {
    for (const frame of call.frames.splice(0)) {
      this.#bytes -= frame.size;
      frame.waiting--;
      frame.calls--;
    }
    call.kept.length = 0;
  }
}

function textOf(text: string, node: JsonNode | null): string {
  if (node === null) return '';
  return node.kind === STRING ? stringValue(text, node) : text.slice(node.start, node.end);
}
