import type { GatewayKey } from '../../gateway/contract/document.ts';
import { defined } from '../../gateway/contract/plain.ts';
import type { Policy } from './snapshot.ts';

type PolicyKey = NonNullable<NonNullable<Policy['spec']['identity']>['keys']>[number];

export interface CombinedKeys {
  keys: GatewayKey[];
  /** Keys that two policies give different ids, values or owners; only the stronger policy's is kept. */
  conflicts: { id: string; kept: string; dropped: Policy }[];
}

/**
 * Keys of all policies together: a key says who a caller is, it is not a permission, so they join. What a key
 * permits intersects where two policies hold the same key: fewer models, the earlier end.
 * `policies` go from strongest to weakest.
 */
export function combineKeys(policies: readonly Policy[]): CombinedKeys {
  const keys = new Map<string, { key: GatewayKey; from: string }>();
  const conflicts: CombinedKeys['conflicts'] = [];
  for (const policy of policies) {
    const from = `${policy.namespace}/${policy.name}`;
    for (const stated of policy.spec.identity?.keys ?? []) {
      const key = toDocument(stated);
      const other = keys.get(key.id) ?? [...keys.values()].find((known) => known.key.sha256 === key.sha256);
      if (other === undefined) keys.set(key.id, { key, from });
      else if (sameCaller(other.key, key)) other.key = narrowed(other.key, key);
      else conflicts.push({ id: key.id, kept: other.from, dropped: policy });
    }
  }
  const sorted = [...keys.values()]
    .map(({ key }) => key)
    // Nothing is left that such a key may ask for, and an empty list would read as no limit.
    .filter((key) => key.models === undefined || key.models.length > 0)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return { keys: sorted, conflicts };
}

/** Members in one order, whatever theirs was: it must not show in the document. */
function toDocument({ id, sha256, team, project, user, useCase, models, expiresAt }: PolicyKey): GatewayKey {
  const said = { team, project, user, use_case: useCase, models, expires_at: expiresAt };
  return { id, sha256, ...defined(said) };
}

function sameCaller(a: GatewayKey, b: GatewayKey): boolean {
  const fields = ['id', 'sha256', 'team', 'project', 'user', 'use_case'] as const;
  return fields.every((name) => a[name] === b[name]);
}

function narrowed(a: GatewayKey, b: GatewayKey): GatewayKey {
  const models =
    a.models === undefined ? b.models : a.models.filter((model) => b.models?.includes(model) ?? true);
  const ends = [a.expires_at, b.expires_at].filter((end) => end !== undefined);
  // Compared as times: the same instant has many spellings.
  const expires = ends.sort((x, y) => Date.parse(x) - Date.parse(y))[0];
  return {
    ...a,
    ...(models === undefined ? {} : { models }),
    ...(expires === undefined ? {} : { expires_at: expires }),
  };
}
