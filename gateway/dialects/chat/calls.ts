import {
  ARRAY,
  type JsonNode,
  member,
  NULL,
  OBJECT,
  pathOf,
  STRING,
  stringMember,
  stringValue,
} from '../../json/node.ts';
import type { JsonDocument } from '../../json/read.ts';
import type { LeafList } from '../leaves.ts';
import { type CallText, jsonText, plainText, type ToolCall } from '../tool-call.ts';

/** A call, or in a chunk a part of one, as it stands in a message. */
export interface CallNode {
  /** The element of `tool_calls`; null for the one `function_call` of the API's older form. */
  readonly element: JsonNode | null;
  /** The index that it declares; null where it declares none. */
  readonly declared: number | null;
  readonly id: string | null;
  readonly name: JsonNode | null;
  readonly arguments: JsonNode | null;
  /** Whether the arguments are a JSON text, as those of functions are. */
  readonly json: boolean;
}

/** The calls of a message or a delta, in their order. */
export function callsOf(text: string, message: JsonNode | null): CallNode[] {
  const found: CallNode[] = [];
  if (message?.kind !== OBJECT) return found;
  const list = member(message, 'tool_calls');
  if (list?.kind === ARRAY) {
    for (let element = list.first; element !== null; element = element.next) {
      if (element.kind === OBJECT) found.push(...elementOf(text, element));
    }
  }
  const legacy = member(message, 'function_call');
  if (legacy?.kind === OBJECT) {
    const parts = { name: member(legacy, 'name'), arguments: given(member(legacy, 'arguments')) };
    found.push({ element: null, declared: 0, id: null, ...parts, json: true });
  }
  return found;
}

/** One call; two where an element has both forms, since some readers look at `type` and others at `function` alone. */
function elementOf(text: string, element: JsonNode): CallNode[] {
  const func = member(element, 'function');
  const custom = member(element, 'custom');
  const index = member(element, 'index');
  const declared = index === null ? Number.NaN : Number(text.slice(index.start, index.end));
  const id = stringMember(text, element, 'id');
  const call = (tool: JsonNode | null, json: boolean): CallNode => ({
    element,
    declared: Number.isSafeInteger(declared) && declared >= 0 ? declared : null,
    id: id === '' ? null : id,
    name: given(member(tool, 'name')),
    arguments: given(member(tool, json ? 'arguments' : 'input')),
    json,
  });
  if (custom?.kind !== OBJECT)
    return [call(func, func !== null || stringMember(text, element, 'type') !== 'custom')];
  return func?.kind === OBJECT ? [call(func, true), call(custom, false)] : [call(custom, false)];
}

function given(node: JsonNode | null): JsonNode | null {
  return node === null || node.kind === NULL ? null : node;
}

/** The calls of a whole body: of each message, given with its place. */
export function readCalls(
  { text }: JsonDocument,
  messages: Iterable<{ message: JsonNode; owner: number }>,
  list: LeafList,
): ToolCall[] {
  const calls: ToolCall[] = [];
  let leaves: ReadonlyMap<JsonNode, readonly number[]> | null = null;
  for (const { message, owner } of messages) {
    for (const { element, id, ...node } of callsOf(text, message)) {
      leaves ??= list.byNode();
      const refs = leaves;
      const index = element?.index ?? 0;
      const textOf = (part: JsonNode | null, json: boolean): CallText =>
        callText(text, part, json, part === null ? [] : (refs.get(part) ?? []));
      calls.push({
        path: `${pathOf(message)}.${element === null ? 'function_call' : `tool_calls[${index}]`}`,
        owner,
        index,
        id,
        name: textOf(node.name, false),
        arguments: textOf(node.arguments, node.json),
      });
    }
  }
  return calls;
}

function callText(text: string, node: JsonNode | null, json: boolean, refs: readonly number[]): CallText {
  if (node === null) return { text: '', pieces: [] };
  // Some vendors write arguments that are no text but the JSON itself.
  if (node.kind !== STRING) return { text: text.slice(node.start, node.end), pieces: [] };
  const value = stringValue(text, node);
  if (!json) return plainText(value, refs[0] ?? 0);
  let next = 0;
  return jsonText(value, () => refs[next++]!);
}
