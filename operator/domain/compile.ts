import { DEFAULT_FALLBACK, DEFAULT_LIMITS } from '../../gateway/contract/defaults.ts';
import {
  CONTRACT_VERSION,
  type FallbackTrigger,
  type Identity,
  type Limits,
  type PolicyConfig,
  type Providers,
  type Timeouts,
} from '../../gateway/contract/document.ts';
import { composeOrder } from '../../gateway/contract/order.ts';
import { governs, levelOf } from './attach.ts';
import { CombinedFields, combineFields, type FieldSource } from './combine.ts';
import { entriesOf } from './entries.ts';
import { combineKeys } from './identity-keys.ts';
import { type Finding, KINDS, type Policy, type Snapshot, type Target } from './snapshot.ts';
import { targetToDocument } from './targets.ts';

export interface Compiled {
  config: PolicyConfig;
  /** Every combined field with whose word it is. */
  fields: FieldSource[];
  findings: Finding[];
  /** Policies that apply, strongest first, and targets that may be asked. */
  policies: Policy[];
  targets: Target[];
}

/** Version that compiled documents state in `pack`: nobody edits them, so it only has to be there. */
const PACK_VERSION = '1.0.0';

/** Makes the document of one gateway out of what is in force. Pure: the same objects in any order give the same. */
export function compile(
  snapshot: Pick<Snapshot, 'namespace' | 'gateway' | 'controlPlane'>,
  inForce: { policies: readonly Policy[]; targets: readonly Target[] },
): Compiled {
  const { namespace, gateway, controlPlane } = snapshot;
  const policies = strongestFirst(inForce.policies.filter((policy) => governs(policy, gateway)));
  const fields = combineFields(policies);
  const combined = new CombinedFields(fields);
  const findings: Finding[] = [];
  const targets = selectTargets(combined.get<string[]>('providers.targets'), inForce.targets);
  findings.push(...missingTargets(policies, inForce.targets));
  const config: PolicyConfig = {
    contract: CONTRACT_VERSION,
    pack: { name: `${namespace}/${gateway}`, version: PACK_VERSION, enabled: true },
    gateway: { namespace, name: gateway },
    providers: providersOf(combined, targets),
    chain: composeOrder(policies.flatMap(entriesOf)),
    unchained: [],
    identity: identityOf(combined, policies, findings),
    limits: limitsOf(combined),
    ...(controlPlane === null ? {} : { control_plane: { url: controlPlane.url } }),
  };
  return { config, fields, findings, policies, targets };
}

function strongestFirst(policies: readonly Policy[]): Policy[] {
  const rank = (policy: Policy): string =>
    `${levelOf(policy) === 'gateway' ? 0 : 1}/${policy.namespace}/${policy.name}`;
  return [...policies].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

/** The targets that all policies allow, in the order of the strongest; without a list, all by name. */
function selectTargets(allowed: readonly string[] | undefined, targets: readonly Target[]): Target[] {
  const byName = [...targets].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (allowed === undefined) return byName;
  return allowed.flatMap((name) => byName.filter((target) => target.name === name));
}

function missingTargets(policies: readonly Policy[], targets: readonly Target[]): Finding[] {
  const known = new Set(targets.map((target) => target.name));
  return policies.flatMap(({ namespace, name, spec }) =>
    (spec.routing?.targets ?? [])
      .filter((target) => !known.has(target))
      .map((target) => ({
        object: { kind: KINDS.policy, namespace, name },
        reason: 'RefNotFound' as const,
        message: `spec.routing.targets: no ProviderTarget ${target} is in force in namespace ${namespace}`,
      })),
  );
}

function providersOf(fields: CombinedFields, targets: readonly Target[]): Providers {
  const attempts =
    fields.get<number>('providers.fallback.max_fallback_attempts') ?? DEFAULT_FALLBACK.max_fallback_attempts;
  const triggers = fields.get<FallbackTrigger[]>('providers.fallback.triggers') ?? DEFAULT_FALLBACK.triggers;
  return {
    targets: targets.map(targetToDocument),
    routing: { strategy: 'ordered' },
    fallback: {
      enabled: attempts > 0 && triggers.length > 0,
      triggers: [...triggers],
      max_fallback_attempts: attempts,
    },
  };
}

/** Nobody is let in without a word: where no policy speaks of callers, there are none. */
function identityOf(fields: CombinedFields, policies: readonly Policy[], findings: Finding[]): Identity {
  const { keys, conflicts } = combineKeys(policies);
  for (const { id, kept, dropped } of conflicts) {
    findings.push({
      object: { kind: KINDS.policy, namespace: dropped.namespace, name: dropped.name },
      reason: 'Conflicted',
      message: `spec.identity.keys: key ${id} is another one in policy ${kept}, which wins; give this one another id`,
    });
  }
  const headers = fields.get<NonNullable<Identity['trusted_headers']>>('identity.trusted_headers') ?? {};
  return {
    anonymous: fields.get<boolean>('identity.anonymous') ?? false,
    keys,
    ...(Object.keys(headers).length === 0 ? {} : { trusted_headers: headers }),
  };
}

function limitsOf(fields: CombinedFields): Limits {
  return {
    max_body_bytes: fields.get<number>('limits.max_body_bytes') ?? DEFAULT_LIMITS.max_body_bytes,
    max_response_bytes: fields.get<number>('limits.max_response_bytes') ?? DEFAULT_LIMITS.max_response_bytes,
    fail_mode: fields.get<'block' | 'allow'>('limits.fail_mode') ?? 'block',
    on_spool_full: fields.get<'block' | 'drop'>('limits.on_spool_full') ?? DEFAULT_LIMITS.on_spool_full,
    timeouts: fields.below<Timeouts>('limits.timeouts'),
  };
}
