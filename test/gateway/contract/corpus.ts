import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Problem } from '../../../gateway/contract/problem.ts';

export interface CorpusCase {
  file: string;
  text: string;
  /** One line a problem, in the form of `lineOf`. */
  expected: string[];
}

const FOLDER = fileURLToPath(new URL('../../golden/policy-config/', import.meta.url));
const MARK = '#? ';

/** Documents with the problems that are expected of them, which stand in their last lines after `#? `. */
export function corpus(folder: 'good' | 'bad'): CorpusCase[] {
  return readdirSync(`${FOLDER}${folder}`)
    .sort()
    .map((file) => {
      const text = readFileSync(`${FOLDER}${folder}/${file}`, 'utf8');
      const expected = text.split('\n').filter((line) => line.startsWith(MARK));
      return { file, text, expected: expected.map((line) => line.slice(MARK.length)) };
    });
}

export function document(name: string): string {
  return readFileSync(`${FOLDER}${name}`, 'utf8');
}

/** `E002 policies.moed 4:3 -> mode` */
export function lineOf({ code, path, line, column, suggestion }: Problem): string {
  const place = `${code} ${path === '' ? '-' : path} ${line}:${column}`;
  return suggestion === undefined ? place : `${place} -> ${suggestion}`;
}
