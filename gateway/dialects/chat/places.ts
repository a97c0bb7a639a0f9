import { ARRAY, type JsonNode, member } from '../../json/node.ts';
import type { Shape } from '../shape.ts';
import { choiceIndex } from './answer.ts';

/** Where a string of a chunk belongs in the whole answer. */
export interface Place {
  /** Index of the choice; -1 outside of one. */
  choice: number;
  /**
   * `channel`: fragments of one text, held until decided. `eager`: given whole as a rule, decided at once.
   * `once`: no part of a delta, a text of its own.
   */
  form: 'channel' | 'eager' | 'once';
  /** Names the channel among all of the stream. */
  id: string;
  /** Path in the whole answer. */
  path: string;
  /** The way to the string below the delta. */
  steps: readonly JsonNode[];
}

/** Fields of a delta that vendors send whole; holding their end back would only delay what follows. */
const WHOLE = /\.(name|title|url|role|type|id|format|finish_reason)$/;

/** @param shape `null` for a field that the dialect's list does not know */
export function placeOf(text: string, node: JsonNode, shape: Shape | null): Place {
  const steps: JsonNode[] = [];
  for (let at: JsonNode | null = node; at?.parent != null; at = at.parent) steps.push(at);
  steps.reverse();
  const choice = steps[1];
  if (steps[0]?.key !== 'choices' || choice === undefined || choice.key !== null) {
    return { choice: -1, form: 'once', id: '', path: '', steps: [] };
  }
  const index = choiceIndex(text, choice);
  if (steps[2]?.key !== 'delta') return { choice: index, form: 'once', id: '', path: '', steps: [] };
  let path = `choices[${index}].message`;
  let id = `${index}`;
  const below = steps.slice(3);
  for (const step of below) {
    if (step.key === null) {
      const at = declaredIndex(text, step);
      path += `[${at ?? step.index}]`;
      // Content parts carry no index: parts of one kind continue each other.
      id += at === null && step.parent!.key === 'content' ? '[]' : `[${at ?? step.index}]`;
    } else {
      path += step.named ? `.${step.key}` : `{${step.index}}`;
      id += `.${step.key}`;
    }
  }
  const form = shape !== null && WHOLE.test(shape.path) ? 'eager' : 'channel';
  return { choice: index, form, id, path, steps: below };
}

/** A delta that has nothing but this text at that place. */
export function deltaWith(text: string, place: Place): object {
  let value: unknown = text;
  for (const step of place.steps.toReversed()) {
    if (step.key !== null) value = { [step.key]: value };
    else if (step.parent?.key === 'content') value = [{ type: 'text', ...(value as object) }];
    else value = [{ index: step.index, ...(value as object) }];
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
