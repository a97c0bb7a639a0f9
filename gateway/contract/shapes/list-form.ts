import type { DocPath, PathMap } from '../doc-path.ts';
import { isPlain, type Plain } from '../plain.ts';
import type { Findings } from '../problem.ts';
import { checkListItem } from './list-item.ts';
import { type Converted, LIST_TYPES } from './list-types.ts';

/** `policies` as a list of `{name, type, …}`, which the guides of Keeptrusts use. */
export function isListForm(document: Plain): boolean {
  return Array.isArray(document['policies']);
}

/** Reads the list form as a chain of entries. What the built kinds cannot express is an error, never left out. */
export function convertListForm(
  document: Plain,
  file: string | undefined,
  moves: PathMap,
  findings: Findings,
): Plain {
  const items = document['policies'] as unknown[];
  const chain: Plain[] = [];
  for (const [index, item] of items.entries()) {
    const path: DocPath = ['policies', index];
    const converted = convertItem(item, path, findings);
    if (converted === null) continue;
    const to: DocPath = ['policies', 'chain', chain.length];
    moves.move(to, path);
    moves.move([...to, 'id'], [...path, 'name']);
    moves.move([...to, 'kind'], [...path, 'type']);
    for (const [setting, from] of converted.moves)
      moves.move([...to, 'settings', ...setting], [...path, ...from]);
    const { id, kind, mode, settings } = converted;
    chain.push({ id, kind, ...(mode === undefined ? {} : { mode }), settings });
  }
  const { version: _version, gateway, ...rest } = document;
  const place = listenPlace(gateway, findings);
  return {
    ...rest,
    ...(place === undefined ? {} : { gateway: place }),
    pack: document['pack'] ?? { name: packName(file), version: '0.0.0', enabled: true },
    policies: { chain },
  };
}

type ListEntry = Converted & { id: string };

function convertItem(item: unknown, path: DocPath, findings: Findings): ListEntry | null {
  if (!checkListItem(item, path, findings)) return null;
  if (item.enabled === false) return null;
  if (item.type === undefined) {
    findings.add('E025', path, '{path} has no `type`, so nothing says which check it is');
    return null;
  }
  const converted = LIST_TYPES[item.type](item, path, findings);
  return converted === null ? null : { id: idOf(item.name), ...converted };
}

/** Names of the list form are free text, ids are not. */
function idOf(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[._-]+|[._-]+$/g, '') || 'policy';
}

function packName(file: string | undefined): string {
  const base = file
    ?.split(/[\\/]/)
    .at(-1)
    ?.replace(/\.(ya?ml|json)$/i, '');
  return base === undefined || base === '' || base === '-' ? 'policy-config' : base.slice(0, 253);
}

/** `gateway.listen_port` of the guides: the address is a matter of the process here. */
function listenPlace(gateway: unknown, findings: Findings): unknown {
  if (!isPlain(gateway) || !('listen_port' in gateway)) return gateway;
  const message = 'the address is given by `--port` or `--listen`, so {path} has no effect';
  findings.push({ code: 'W006', path: ['gateway', 'listen_port'], message, atKey: true });
  const { listen_port: _port, ...rest } = gateway;
  return Object.keys(rest).length === 0 ? undefined : rest;
}
