import type { DocPath } from './doc-path.ts';
import type { Entry, Mode } from './document.ts';
import { findKind } from './find-kind.ts';
import type { KindContract, KindContracts } from './kind-contract.ts';
import type { LintContext } from './lint-finding.ts';
import { isPlain, type Plain } from './plain.ts';
import type { Findings } from './problem.ts';
import { needsNoSettings } from './schema-check.ts';
import { settingsOf } from './settings.ts';

export interface ReadEntries {
  chain: Entry[];
  unchained: string[];
}

/** The chain of a document as entries, each with valid settings; what is wrong becomes findings. */
export function readEntries(
  document: Plain,
  kinds: KindContracts,
  context: LintContext,
  findings: Findings,
): ReadEntries {
  const policies = isPlain(document['policies']) ? document['policies'] : {};
  const items: unknown[] = Array.isArray(policies['chain']) ? policies['chain'] : [];
  const blocks = isPlain(document['policy']) ? document['policy'] : {};
  const mode = (policies['mode'] as Mode | undefined) ?? 'enforce';
  const used = new Set<string>();
  const chained = new Set<string>();
  const chain: { entry: Entry; path: DocPath }[] = [];
  for (const [index, item] of items.entries()) {
    const path: DocPath = ['policies', 'chain', index];
    const stated = statedEntry(item);
    if (stated === null) continue;
    chained.add(stated.kind);
    const kind = findKind(stated.kind, kinds, typeof item === 'string' ? path : [...path, 'kind'], findings);
    if (stated.settings === undefined) used.add(stated.kind);
    if (kind === null) continue;
    const found = placeOfSettings(stated, blocks, path);
    if (found.settings === undefined && !needsNoSettings(kind)) {
      findings.add('E003', path, missingBlock(kind));
      continue;
    }
    const settings = settingsOf(
      kind,
      found.settings ?? {},
      { base: found.base, entry: path },
      context,
      findings,
    );
    chain.push({ entry: entryOf(stated, index, mode, settings), path });
  }
  checkIds(chain, findings);
  checkUnused(blocks, used, chained, kinds, context, findings);
  const unchained = Object.keys(blocks).filter((name) => !chained.has(name));
  return { chain: chain.map(({ entry }) => entry), unchained };
}

type Stated = Partial<Omit<Entry, 'settings'>> & { kind: string; settings?: Plain };

function statedEntry(item: unknown): Stated | null {
  if (typeof item === 'string') return { kind: item };
  return isPlain(item) && typeof item['kind'] === 'string' ? (item as Stated) : null;
}

function placeOfSettings(stated: Stated, blocks: Plain, path: DocPath): { settings: unknown; base: DocPath } {
  if (stated.settings !== undefined) return { settings: stated.settings, base: [...path, 'settings'] };
  return { settings: blocks[stated.kind], base: ['policy', stated.kind] };
}

function entryOf(stated: Stated, index: number, mode: Mode, settings: Plain): Entry {
  const { id, kind, fail_mode, block_status, source } = stated;
  return {
    id: id ?? kind,
    kind,
    mode: stated.mode ?? mode,
    ...(fail_mode === undefined ? {} : { fail_mode }),
    ...(block_status === undefined ? {} : { block_status }),
    settings,
    source: source ?? { level: 'document', index },
  };
}

function missingBlock(kind: KindContract): string {
  const fields = (kind.schema.required ?? []).map((name) => `\`${name}\``).join(', ');
  return `\`${kind.name}\` is chained without settings, and it needs ${fields === '' ? 'some' : fields}: add a \`policy.${kind.name}\` block`;
}

function checkIds(chain: readonly { entry: Entry; path: DocPath }[], findings: Findings): void {
  const seen = new Set<string>();
  for (const { entry, path } of chain) {
    const { id } = entry;
    if (seen.has(id)) {
      findings.add(
        'E019',
        path,
        `the entry id \`${id}\` stands twice in the chain; give this one its own \`id\``,
      );
    }
    seen.add(id);
  }
}

function checkUnused(
  blocks: Plain,
  used: ReadonlySet<string>,
  chained: ReadonlySet<string>,
  kinds: KindContracts,
  context: LintContext,
  findings: Findings,
): void {
  for (const [name, settings] of Object.entries(blocks)) {
    if (used.has(name)) continue;
    const path: DocPath = ['policy', name];
    const kind = findKind(name, kinds, path, findings, chained.has(name) ? 'chained' : 'block');
    if (kind === null) continue;
    // An empty block says nothing, so there is nothing to check.
    if (isPlain(settings) && Object.keys(settings).length > 0)
      settingsOf(kind, settings, { base: path, entry: path }, context, findings);
    findings.push({
      code: 'W001',
      path,
      message: chained.has(name)
        ? `every entry of \`${name}\` has settings of its own, so this block has no effect`
        : `\`${name}\` is not in \`policies.chain\`, so this block has no effect`,
      atKey: true,
    });
  }
}
