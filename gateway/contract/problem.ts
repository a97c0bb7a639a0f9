import { type Code, severityOf } from './codes.ts';
import { type DocPath, formatPath } from './doc-path.ts';
import type { Severity } from './lint-finding.ts';

/** One thing that is wrong with a document, as people and programs are told. Never holds a secret. */
export interface Problem {
  /** A code of `codes.ts`. */
  code: string;
  severity: Severity;
  /** Path in the document as it was written; empty for the document as a whole. */
  path: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 units. */
  column: number;
  message: string;
  suggestion?: string;
}

/** A problem before its position is known. */
export interface Finding {
  code: string;
  path: DocPath;
  /** `{path}` and `{parent}` stand for the path as it was written and for what is around it. */
  message: string;
  suggestion?: string;
  /** The key is what is wrong, not its value. */
  atKey?: true;
  /** Where no path leads to the place: a fault of syntax. */
  position?: Position;
}

/** Both from 1; columns in UTF-16 units. */
export interface Position {
  line: number;
  column: number;
}

/** Of each severity; whoever has more has the wrong file. */
const MAX_TOLD = 100;

/** Collects findings, at most one of a code at a path. What is over the limit is not told, but still fails. */
export class Findings {
  readonly list: Finding[] = [];
  readonly #seen = new Set<string>();
  readonly #counts = { error: 0, warning: 0 };

  add(code: Code, path: DocPath, message: string, suggestion?: string): void {
    this.push({ code, path, message, ...(suggestion === undefined ? {} : { suggestion }) });
  }

  push(finding: Finding): void {
    const key = `${finding.code} ${JSON.stringify([finding.path, finding.position])}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const severity = severityOf(finding.code);
    this.#counts[severity] += 1;
    if (this.#counts[severity] <= MAX_TOLD) this.list.push(finding);
  }

  get failed(): boolean {
    return this.#counts.error > 0;
  }
}

/** A finding with the path and position that it had in the text. */
export function toProblem(finding: Finding, original: DocPath, position: Position): Problem {
  const quoted = (path: DocPath): string => (path.length === 0 ? 'the document' : `\`${formatPath(path)}\``);
  return {
    code: finding.code,
    severity: severityOf(finding.code),
    path: formatPath(original),
    ...position,
    message: finding.message
      .replace('{path}', () => quoted(original))
      .replace('{parent}', () => quoted(original.slice(0, -1))),
    ...(finding.suggestion === undefined ? {} : { suggestion: finding.suggestion }),
  };
}
