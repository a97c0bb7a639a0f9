/** How many units before a match its context is searched. Finders that do so declare it as their context. */
export const CONTEXT_LENGTH = 40;

/** Whether the words just before a match say what it is. */
export function precededBy(text: string, start: number, words: RegExp): boolean {
  return words.test(text.slice(Math.max(0, start - CONTEXT_LENGTH), start));
}
