import { buildConfig } from './build.ts';
import { severityOf } from './codes.ts';
import { crossCheck } from './cross-checks.ts';
import type { DocPath } from './doc-path.ts';
import type { PolicyConfig } from './document.ts';
import { readEntries } from './entries.ts';
import type { KindContracts } from './kind-contract.ts';
import type { LintContext, LintSituation } from './lint-finding.ts';
import { classifyPattern, type PatternVerdict } from './patterns.ts';
import { type Problem, toProblem } from './problem.ts';
import { checkDocument } from './schema-check.ts';
import { normalize } from './shapes/normalize.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

export interface ExamineOptions {
  /** Name of the file, from which the list form takes the name of its pack. */
  file?: string | undefined;
  kinds: KindContracts;
  /** Where it is to run; what the document says of a control plane where it is left out. */
  situation?: LintSituation | undefined;
  /** Days of the spool, where the document has no control plane; see `LintSituation`. */
  spoolDays?: number | undefined;
  /** Judges a pattern; `classifyPattern` where it is left out. */
  checkPattern?: LintContext['checkPattern'] | undefined;
  /** Milliseconds since the epoch, where expired keys are to be told. */
  now?: number | undefined;
}

export interface Examined {
  /** Null where there is an error. */
  config: PolicyConfig | null;
  /** Errors and warnings, in the order of the text. */
  problems: Problem[];
}

/**
 * Reads and checks a document in every way that needs no more than the document. Takes milliseconds, and more where it
 * holds patterns: a running gateway calls it in a worker.
 */
export function examine(text: string, options: ExamineOptions): Examined {
  const source = readYaml(text);
  const { findings } = source;
  if (findings.failed) return { config: null, problems: told(source, (path) => path) };
  const normalized = normalize(source.value, options.file, findings);
  if (normalized === null) return { config: null, problems: told(source, (path) => path) };
  const { document, moves } = normalized;
  checkDocument(document, findings);
  crossCheck(document, options.now, findings);
  const situation = options.situation ?? {
    loneGateway: document['control_plane'] === undefined,
    spoolDays: options.spoolDays,
  };
  const context = lintContext(situation, options.checkPattern);
  const entries = readEntries(document, options.kinds, context, findings);
  const config = findings.failed ? null : buildConfig(document, entries);
  return { config, problems: told(source, (path) => moves.original(path)) };
}

/** What a kind's lint may ask; a pattern that stands twice is judged once. */
export function lintContext(situation: LintSituation, judge = classifyPattern): LintContext {
  const verdicts = new Map<string, PatternVerdict>();
  return {
    situation,
    checkPattern: (source) => {
      const verdict = verdicts.get(source) ?? judge(source);
      verdicts.set(source, verdict);
      return verdict;
    },
  };
}

function told(source: YamlSource, original: (path: DocPath) => DocPath): Problem[] {
  return source.findings.list
    .map((finding) => {
      const path = original(finding.path);
      return toProblem(finding, path, finding.position ?? source.position(path, finding.atKey));
    })
    .sort((a, b) => rank(a) - rank(b) || a.line - b.line || a.column - b.column);
}

function rank(problem: Problem): number {
  return severityOf(problem.code) === 'error' ? 0 : 1;
}
