import { type Document, LineCounter, parseDocument } from 'yaml';
import type { DocPath } from './doc-path.ts';
import { Findings, type Position } from './problem.ts';
import { yamlExcess } from './yaml-bounds.ts';
import { syntaxMessage } from './yaml-errors.ts';
import { linePosition, locate, START } from './yaml-place.ts';
import { PlainReader } from './yaml-plain.ts';

/** Characters of a document; a ConfigMap holds no more either. */
export const MAX_DOCUMENT_CHARS = 1_048_576;

/** One slip of the hand makes several; more than a few help nobody. */
const MAX_SYNTAX_ERRORS = 8;

/** A YAML text as plain values, with the way back to its lines. */
export interface YamlSource {
  /** Undefined where the text could not be read. */
  readonly value: unknown;
  readonly findings: Findings;
  /** Where the value at a path begins, or its key; else the nearest thing around it. */
  position(path: DocPath, atKey?: boolean): Position;
}

/** Reads one YAML 1.2 document. Messages never quote the text, which may hold a secret by mistake. */
export function readYaml(text: string): YamlSource {
  const findings = new Findings();
  const lines = new LineCounter();
  if (text.length > MAX_DOCUMENT_CHARS) {
    findings.add(
      'E026',
      [],
      `the document has ${text.length} characters, at most ${MAX_DOCUMENT_CHARS} are read`,
    );
    return { value: undefined, findings, position: () => START };
  }
  const excess = yamlExcess(text);
  if (excess !== null) {
    const { message, ...position } = excess;
    findings.push({ code: 'E026', path: [], message: `the document has ${message}`, position });
    return { value: undefined, findings, position: () => START };
  }
  const parsed = parse(text, lines, findings);
  if (parsed === null) return { value: undefined, findings, position: () => START };
  const failures = [...parsed.errors, ...parsed.warnings];
  if (failures.length > 0) {
    for (const { code, pos } of failures.slice(0, MAX_SYNTAX_ERRORS)) {
      const position = linePosition(lines, pos[0]);
      findings.push({ code: 'E010', path: [], message: syntaxMessage(code), position });
    }
    return { value: undefined, findings, position: () => START };
  }
  const value = new PlainReader(parsed, findings).read(parsed.contents, [], 0);
  return { value, findings, position: (path, atKey) => locate(parsed, lines, path, atKey === true) };
}

function parse(text: string, lines: LineCounter, findings: Findings): Document.Parsed | null {
  try {
    return parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      version: '1.2',
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    findings.add('E026', [], 'the document is nested too deeply to be read');
    return null;
  }
}
