import { type DocPath, PathMap } from '../doc-path.ts';
import { CONTRACT_VERSION } from '../document.ts';
import { isPlain, type Plain } from '../plain.ts';
import type { Findings } from '../problem.ts';
import { convertFallback } from './fallback.ts';
import { convertListForm, isListForm } from './list-form.ts';
import { convertTarget } from './targets.ts';

/** Sections whose names are kept for later releases. */
const RESERVED_SECTIONS = ['routes', 'budgets', 'experiments', 'registry'] as const;

export interface Normalized {
  document: Plain;
  moves: PathMap;
}

/** Whatever shape a person wrote, as the one shape that the schema describes. Null where nothing can be said. */
export function normalize(value: unknown, file: string | undefined, findings: Findings): Normalized | null {
  if (!isPlain(value)) {
    const empty = value === null || value === undefined;
    findings.add('E012', [], empty ? 'the document is empty' : 'the document must be a map of sections');
    return null;
  }
  if (!contractIsKnown(value['contract'], findings)) return null;
  const moves = new PathMap();
  let document: Plain = { ...value };
  for (const section of RESERVED_SECTIONS) {
    if (!(section in document)) continue;
    const message = `\`${section}\` is a section of a later release and cannot be used yet`;
    findings.push({ code: 'E021', path: [section], message, atKey: true });
    delete document[section];
  }
  if (isListForm(document)) document = convertListForm(document, file, moves, findings);
  fillEmptyBlocks(document);
  convertFallback(document, moves);
  convertTargets(document, moves, findings);
  return { document, moves };
}

function contractIsKnown(contract: unknown, findings: Findings): boolean {
  if (typeof contract !== 'number' || contract === CONTRACT_VERSION) return true;
  const message = `the document is written for contract ${contract}, and this program knows contract ${CONTRACT_VERSION}`;
  findings.add('E024', ['contract'], message);
  return false;
}

/** `audit-logger:` with nothing behind it means a block without fields. */
function fillEmptyBlocks(document: Plain): void {
  const blocks = document['policy'];
  if (!isPlain(blocks)) return;
  document['policy'] = Object.fromEntries(
    Object.entries(blocks).map(([kind, settings]) => [kind, settings ?? {}]),
  );
}

function convertTargets(document: Plain, moves: PathMap, findings: Findings): void {
  const providers = document['providers'];
  if (!isPlain(providers) || !Array.isArray(providers['targets'])) return;
  const base: DocPath = ['providers', 'targets'];
  const targets = providers['targets'].map((target: unknown, index) =>
    convertTarget(target, [...base, index], moves, findings),
  );
  document['providers'] = { ...providers, targets };
}
