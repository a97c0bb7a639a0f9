import type { ApiClient } from '../api.ts';
import { openness } from './openness.ts';
import { type CheckResult, failed, type Where } from './result.ts';

interface Instance {
  namespace: string;
  gateway: string;
  instance: string;
  ready: boolean;
  /** Why it is not, as it says itself. */
  unready?: string;
  revision: { number: number | null } | null;
  rejected: { problems: { code: string; message: string }[] } | null;
  backlog: number;
  targets: { id: string; unavailable: string | null }[];
  /** Null before the first keys; left out by a gateway that takes none of the control plane. */
  keys?: { age_seconds: number } | null;
}

/** The gateways that report to a control plane, and their targets. */
export async function checkInstances(client: ApiClient, where: Where): Promise<CheckResult[]> {
  try {
    const { instances } = await client.get<{ instances: Instance[] }>('/v1/instances', where);
    if (instances.length === 0) {
      return [
        {
          layer: 'gateway',
          status: 'failed',
          detail: 'no gateway reports to the control plane. Is there a policy and a target?',
        },
      ];
    }
    const unready = instances.find((instance) => !instance.ready);
    if (unready !== undefined) {
      return [
        {
          layer: 'gateway',
          status: 'failed',
          detail: `${nameOf(unready)} is not ready${unready.unready === undefined ? '' : `: ${unready.unready}. Its log says why.`}`,
        },
      ];
    }
    const refusing = instances.find((instance) => instance.rejected !== null);
    if (refusing !== undefined) {
      const problem = refusing.rejected?.problems[0];
      const detail = `${refusing.namespace}/${refusing.gateway} refused its newest document: ${problem?.code} ${problem?.message}`;
      return [{ layer: 'gateway', status: 'failed', detail }];
    }
    return [readyResult(instances), providersOf(instances)];
  } catch (error) {
    return [failed('gateway', error)];
  }
}

/** Gateways ask for keys every ten seconds. */
const STALE_KEYS_SECONDS = 60;

const nameOf = ({ namespace, gateway, instance }: Instance): string =>
  `${namespace}/${gateway} (${instance})`;

function readyResult(instances: readonly Instance[]): CheckResult {
  const ready = `${instances.length} ready`;
  const stale = instances.find(({ keys }) => (keys?.age_seconds ?? 0) > STALE_KEYS_SECONDS);
  if (stale === undefined) return { layer: 'gateway', status: 'ok', detail: ready };
  const detail = `${ready}; ${nameOf(stale)} has not read its keys for ${stale.keys?.age_seconds} s, so that a key that was revoked since works there. Its log says why.`;
  return { layer: 'gateway', status: 'warning', detail };
}

/** A target is usable where every instance can use it. */
function providersOf(instances: readonly Instance[]): CheckResult {
  const states = new Map<string, string | null>();
  for (const { namespace, instance, targets } of instances) {
    for (const { id, unavailable } of targets) {
      const name = `${namespace}/${id}`;
      const why = unavailable === null ? null : `${instance}: ${unavailable}`;
      states.set(name, states.get(name) ?? why);
    }
  }
  return providersResult([...states].map(([id, unavailable]) => ({ id, unavailable })));
}

interface Health {
  policies_loaded: number;
  providers: Record<string, { status: string; reason?: string }>;
}

/** A gateway without a control plane, and its targets. */
export async function checkLoneGateway(client: ApiClient): Promise<CheckResult[]> {
  try {
    const { policies_loaded, providers } = await client.get<Health>('/health');
    const targets = Object.entries(providers).map(([id, { status, reason }]) => ({
      id,
      unavailable: status === 'available' ? null : (reason ?? status),
    }));
    const open = await openness(client);
    return [
      open === null
        ? {
            layer: 'gateway',
            status: 'ok',
            detail: `ready, ${policies_loaded} ${policies_loaded === 1 ? 'entry' : 'entries'}`,
          }
        : { layer: 'gateway', status: 'failed', detail: open },
      providersResult(targets),
    ];
  } catch (error) {
    return [failed('gateway', error)];
  }
}

/** Fails when no target can be used; one that cannot, beside others that can, is a warning. */
function providersResult(targets: readonly { id: string; unavailable: string | null }[]): CheckResult {
  const usable = targets.filter((target) => target.unavailable === null);
  const detail = targets
    .map(({ id, unavailable }) => (unavailable === null ? id : `${id}: ${unavailable}`))
    .join('; ');
  if (usable.length === targets.length)
    return { layer: 'providers', status: 'ok', detail: detail || 'no target' };
  return { layer: 'providers', status: usable.length === 0 ? 'failed' : 'warning', detail };
}
