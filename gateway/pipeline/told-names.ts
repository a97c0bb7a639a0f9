import type { Plan } from '../config/plan.ts';
import { looksLikeName } from '../dialects/shape.ts';
import { flat } from '../json/flat.ts';

/** Stands for a name that is none. */
const OTHER = 'other';

/**
 * A model's name as records and errors may tell it. Callers and providers write what they like there: what is neither
 * in the document nor looks like a name may be content, and is told as `other`.
 */
export function toldModel(name: string, plan: Pick<Plan, 'models'>): string {
  if (looksLikeName(name)) return flat(name);
  return plan.models.some(({ id }) => id === name) ? name : OTHER;
}

/** The model that a caller asked for, as an error names it to him. */
export function askedModel(name: string, plan: Pick<Plan, 'models'>): string {
  const told = toldModel(name, plan);
  return told === OTHER && name !== OTHER ? 'the model that was asked for' : `the model "${told}"`;
}

/** A word of a provider, such as a finish reason, under the same rule. */
export function toldWord(word: string): string {
  return looksLikeName(word) ? flat(word) : OTHER;
}
