import type { DocPath } from '../doc-path.ts';
import type { Mode } from '../document.ts';
import { defined, type Plain } from '../plain.ts';
import type { Findings } from '../problem.ts';
import type { ListItem } from './list-item.ts';

export type ListType =
  | 'log'
  | 'observe'
  | 'output_filter'
  | 'content_filter'
  | 'redaction'
  | 'prompt_injection'
  | 'pii_redaction';

/** One policy of the list form in the words of a kind. */
export interface Converted {
  kind: string;
  /** Absent: the document's own. */
  mode?: Mode;
  settings: Plain;
  /** Where each setting stood in the item. */
  moves: readonly (readonly [setting: DocPath, item: DocPath])[];
}

type Convert = (item: ListItem, path: DocPath, findings: Findings) => Converted | null;

export const LIST_TYPES: Readonly<Record<ListType, Convert>> = {
  log: (item, path, findings) => {
    unused(item, ['phase', 'pattern', 'message', 'threshold', 'entity_types', 'replacement'], path, findings);
    return { kind: 'audit-logger', mode: 'observe', settings: {}, moves: [] };
  },
  observe: (item, path, findings) => LIST_TYPES.log(item, path, findings),
  output_filter: (item, path, findings) => {
    if (item.pattern === undefined) return refuse(path, 'an output filter needs a `pattern`', findings);
    return filter(
      { ...item, phase: item.phase ?? 'output' },
      [[item.pattern, ['pattern']]],
      'block',
      path,
      findings,
    );
  },
  redaction: (item, path, findings) => {
    const patterns = item.config?.patterns ?? [];
    if (patterns.length === 0) return refuse(path, 'a redaction needs `config.patterns`', findings);
    for (const [index, { replacement }] of patterns.entries()) {
      if (replacement === undefined) continue;
      tell([...path, 'config', 'patterns', index, 'replacement'], findings);
    }
    const sources = patterns.map(({ regex }, index): [string, DocPath] => [
      regex,
      ['config', 'patterns', index, 'regex'],
    ]);
    return filter(item, sources, 'redact', path, findings);
  },
  pii_redaction: (item, path, findings) => {
    const action = actionOf(item, 'redact', path, findings);
    if (action === null) return null;
    unused(item, ['phase', 'entity_types', 'replacement', 'pattern', 'message', 'threshold'], path, findings);
    return {
      kind: 'pii-detector',
      ...defined({ mode: action.mode }),
      settings: { action: action.action },
      moves: [[['action'], ['action']]],
    };
  },
  // Both name kinds that are known and not built; the chain says so at the item's `type`.
  content_filter: () => ({ kind: 'safety-filter', settings: {}, moves: [] }),
  prompt_injection: () => ({ kind: 'prompt-injection', settings: {}, moves: [] }),
};

function filter(
  item: ListItem,
  sources: readonly (readonly [string, DocPath])[],
  usual: 'block' | 'redact',
  path: DocPath,
  findings: Findings,
): Converted | null {
  const action = actionOf(item, usual, path, findings);
  if (action === null) return null;
  unused(item, ['message', 'threshold', 'entity_types', 'replacement'], path, findings);
  return {
    kind: 'dlp-filter',
    ...defined({ mode: action.mode }),
    settings: defined({
      action: action.action,
      apply_to: item.phase,
      detect_patterns: sources.map(([source]) => source),
    }),
    moves: [
      [['action'], ['action']],
      [['apply_to'], ['phase']],
      ...sources.map(([, from], index) => [['detect_patterns', index], from] as const),
    ],
  };
}

/** `log` and `flag` let everything through: they are modes here. */
function actionOf(
  item: ListItem,
  usual: 'block' | 'redact',
  path: DocPath,
  findings: Findings,
): { action: 'block' | 'redact'; mode: Mode | undefined } | null {
  switch (item.action) {
    case undefined:
      return { action: usual, mode: undefined };
    case 'log':
      return { action: usual, mode: 'observe' };
    case 'flag':
      return { action: usual, mode: 'guide' };
    case 'escalate':
      return refuse([...path, 'action'], '`escalate` has no reviewer to go to yet', findings);
    default:
      return { action: item.action, mode: undefined };
  }
}

function refuse(path: DocPath, why: string, findings: Findings): null {
  findings.add('E025', path, `{path} cannot be read: ${why}`);
  return null;
}

function unused(
  item: ListItem,
  fields: readonly (keyof ListItem)[],
  path: DocPath,
  findings: Findings,
): void {
  for (const field of fields) if (item[field] !== undefined) tell([...path, field], findings);
}

function tell(path: DocPath, findings: Findings): void {
  findings.push({ code: 'W006', path, message: '{path} has no counterpart and has no effect', atKey: true });
}
