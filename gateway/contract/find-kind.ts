import type { DocPath } from './doc-path.ts';
import type { KindContract, KindContracts } from './kind-contract.ts';
import { KIND_NAMES } from './kind-names.ts';
import { nearest } from './nearest.ts';
import type { Findings } from './problem.ts';

const KNOWN: ReadonlySet<string> = new Set(KIND_NAMES);

/** The contract of a kind, or null and a finding that tells an unbuilt kind from an unknown one. */
export function findKind(
  name: string,
  kinds: KindContracts,
  path: DocPath,
  findings: Findings,
  use: 'chained' | 'block' = 'chained',
): KindContract | null {
  const kind = kinds.get(name);
  if (kind !== undefined) return kind;
  if (!KNOWN.has(name)) {
    const suggestion = nearest(name, new Set([...kinds.keys(), ...KIND_NAMES]));
    findings.push({
      code: 'E001',
      path,
      message: `there is no policy kind \`${name.slice(0, 64)}\``,
      ...(suggestion === undefined ? {} : { suggestion }),
      ...(use === 'block' ? { atKey: true as const } : {}),
    });
  } else if (use === 'chained') {
    findings.add('E018', path, `policy kind \`${name}\` is known, but this release cannot run it`);
  } else {
    const message = `policy kind \`${name}\` is not built in this release, so this block has no effect`;
    findings.push({ code: 'W007', path, message, atKey: true });
  }
  return null;
}
