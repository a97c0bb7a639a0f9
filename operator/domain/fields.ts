import type { GovernancePolicySpec } from '../../crds/types/governancepolicy.ts';
import type { FailMode, Timeouts } from '../../gateway/contract/document.ts';
import { FAIL_MODES, FALLBACK_TRIGGERS, SPOOL_FULL } from './mapping.ts';
import { commonPairs, intersection, lowest, type Rule, type Stated, strictest } from './rules.ts';

/** One field of the document that policies combine to. */
export interface Field {
  /** Path in the document. */
  path: string;
  rule: 'lowest' | 'strictest' | 'intersection';
  combine: Rule<unknown>;
  /** What a policy states, in the document's spelling; `undefined` where it says nothing. */
  read(spec: GovernancePolicySpec): unknown;
}

function field<T>(
  path: string,
  rule: Field['rule'],
  combine: Rule<T>,
  read: (spec: GovernancePolicySpec) => T | undefined,
): Field {
  return { path, rule, combine: (stated) => combine(stated as Stated<T>[]), read };
}

type PolicyTimeouts = NonNullable<NonNullable<GovernancePolicySpec['limits']>['timeouts']>;
const TIMEOUTS = [
  ['connect_ms', 'connectMs'],
  ['queue_ms', 'queueMs'],
  ['first_token_ms', 'firstTokenMs'],
  ['idle_ms', 'idleMs'],
  ['total_ms', 'totalMs'],
] as const satisfies [keyof Timeouts, keyof PolicyTimeouts][];

const HEADERS = [
  ['team', 'team'],
  ['project', 'project'],
  ['user', 'user'],
  ['task_id', 'taskId'],
  ['use_case', 'useCase'],
] as const;

type PolicyHeaders = NonNullable<NonNullable<GovernancePolicySpec['identity']>['trustedHeaders']>;

/** Names of headers have no case. */
function headersOf(stated: PolicyHeaders): Record<string, string> {
  return Object.fromEntries(
    HEADERS.flatMap(([snake, camel]) => {
      const header = stated[camel];
      return header === undefined ? [] : [[snake, header.toLowerCase()]];
    }),
  );
}

/**
 * How policies combine, field by field: permissions intersect, the lower limit and the stricter value win. Entries are not here, since they never merge: every one runs. Keys are
 * not either: they join, see `identity-keys.ts`. The documentation and the tests read this table.
 */
export const FIELDS: readonly Field[] = [
  field('limits.max_body_bytes', 'lowest', lowest, (spec) => spec.limits?.maxBodyBytes),
  field('limits.max_response_bytes', 'lowest', lowest, (spec) => spec.limits?.maxResponseBytes),
  field('limits.fail_mode', 'strictest', strictest<FailMode>(['allow', 'block']), ({ limits }) =>
    limits?.failMode === undefined ? undefined : FAIL_MODES[limits.failMode],
  ),
  field('limits.on_spool_full', 'strictest', strictest<'drop' | 'block'>(['drop', 'block']), ({ limits }) =>
    limits?.onSpoolFull === undefined ? undefined : SPOOL_FULL[limits.onSpoolFull],
  ),
  ...TIMEOUTS.map(([snake, camel]) =>
    field(`limits.timeouts.${snake}`, 'lowest', lowest, (spec) => spec.limits?.timeouts?.[camel]),
  ),
  field('identity.anonymous', 'strictest', strictest([true, false]), ({ identity }) =>
    identity?.anonymousCallers === undefined ? undefined : identity.anonymousCallers === 'Allowed',
  ),
  // To believe a header is to let callers say who they are, so it is a permission. Who states the field permits these
  // headers and no others; who states `{}` permits none.
  field('identity.trusted_headers', 'intersection', commonPairs, ({ identity }) =>
    identity?.trustedHeaders === undefined ? undefined : headersOf(identity.trustedHeaders),
  ),
  field('providers.targets', 'intersection', intersection, (spec) => spec.routing?.targets),
  field(
    'providers.fallback.max_fallback_attempts',
    'lowest',
    lowest,
    (spec) => spec.routing?.fallback?.maxAttempts,
  ),
  field('providers.fallback.triggers', 'intersection', intersection, (spec) =>
    spec.routing?.fallback?.triggers?.map((trigger) => FALLBACK_TRIGGERS[trigger]),
  ),
];
