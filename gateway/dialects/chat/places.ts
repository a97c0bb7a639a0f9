import { ARRAY, type JsonNode, member } from '../../json/node.ts';
import type { Shape } from '../shape.ts';
import { choiceIndex } from './answer.ts';

/** Where a string of a chunk belongs in the whole answer. */
export interface Place {
  /** Index of the choice; -1 outside of one. */
  choice: number;
  /**
   * `channel`: fragments of one text, held until decided. `head`: stands before other texts of its element as a rule,
   * such as the name of a tool before its arguments, and ends where they begin. `once`: no part of a delta, a text of
   * its own.
   */
  form: 'channel' | 'head' | 'once';
  /** Names the channel among all of the stream. */
  id: string;
  /** Names the texts that must stay in order: those of one element of a list, else the channel. */
  lane: string;
  /** Path in the whole answer. */
  path: string;
  /** The way to the string below the delta. */
  steps: readonly Step[];
}

interface Step {
  key: string | null;
  /** Of an element: the index that it declares, else its place. */
  index: number;
  /** It is a part of a content, which has no index. */
  part: boolean;
}

const ONCE = { form: 'once', id: '', lane: '', path: '', steps: [] } as const;

/** Fields of a delta that come before the texts of their element. */
const HEAD = /\.(name|title|url|role|type|id|format|finish_reason)$/;

/** @param shape `null` for a field that the dialect's list does not know */
export function placeOf(text: string, node: JsonNode, shape: Shape | null): Place {
  const steps: JsonNode[] = [];
  for (let at: JsonNode | null = node; at?.parent != null; at = at.parent) steps.push(at);
  steps.reverse();
  const choice = steps[1];
  if (steps[0]?.key !== 'choices' || choice === undefined || choice.key !== null) {
    return { choice: -1, ...ONCE };
  }
  const index = choiceIndex(text, choice);
  if (steps[2]?.key !== 'delta') return { choice: index, ...ONCE };
  let path = `choices[${index}].message`;
  let id = `${index}`;
  let lane = '';
  const below: Step[] = [];
  for (const step of steps.slice(3)) {
    if (step.key === null) {
      const declared = declaredIndex(text, step);
      const at = declared ?? step.index;
      // Content parts carry no index: parts of one kind continue each other.
      const part = declared === null && step.parent!.key === 'content';
      path += `[${at}]`;
      id += part ? '[]' : `[${at}]`;
      if (lane === '' && !part) lane = id;
      below.push({ key: null, index: at, part });
    } else {
      path += step.named ? `.${step.key}` : `{${step.index}}`;
      id += `.${step.key}`;
      below.push({ key: step.key, index: 0, part: false });
    }
  }
  const form = shape !== null && HEAD.test(shape.path) ? 'head' : 'channel';
  return { choice: index, form, id, lane: lane === '' ? id : lane, path, steps: below };
}

/** A delta that has nothing but this text at that place. */
export function deltaWith(text: string, place: Place): object {
  let value: unknown = text;
  for (const { key, index, part } of place.steps.toReversed()) {
    if (key !== null) value = { [key]: value };
    else value = [{ ...(part ? { type: 'text' } : { index }), ...(value as object) }];
  }
  return value as object;
}

function declaredIndex(text: string, element: JsonNode): number | null {
  if (element.parent?.kind !== ARRAY) return null;
  const node = member(element, 'index');
  if (node === null) return null;
  const index = Number(text.slice(node.start, node.end));
  return Number.isSafeInteger(index) && index >= 0 ? index : null;
}
