import type { GovernanceGatewaySpec, GovernanceGatewayStatus } from '../../crds/types/governancegateway.ts';
import type { GovernancePolicySpec, GovernancePolicyStatus } from '../../crds/types/governancepolicy.ts';
import type { ProviderTargetSpec, ProviderTargetStatus } from '../../crds/types/providertarget.ts';
import { governs } from '../domain/attach.ts';
import type { Judgement } from '../domain/decide.ts';
import type { InstanceReports } from '../domain/instance-reports.ts';
import { type Finding, KINDS } from '../domain/snapshot.ts';
import { type Clock, timestamp } from '../runtime/clock.ts';
import { DONE, type Reconcile } from '../runtime/controller.ts';
import type { EventRecorder } from '../runtime/events.ts';
import { sameJson } from '../runtime/json.ts';
import type { KubeObject, ObjectClient, ObjectRef } from '../runtime/objects.ts';
import { changes } from '../status/changes.ts';
import { gatewayStatus } from '../status/gateway.ts';
import type { LiveGateway } from '../status/gateway-state.ts';
import { policyStatus } from '../status/policy.ts';
import { targetStatus } from '../status/target.ts';
import { gatewayNames, resource } from './gather.ts';
import { latestStatus } from './latest-status.ts';
import { liveGateway } from './live.ts';
import type { Outcome, Outcomes } from './outcomes.ts';

export interface StatusControllerDeps {
  client: ObjectClient;
  outcomes: Outcomes;
  reports: Pick<InstanceReports, 'list' | 'complete'>;
  events: EventRecorder;
  clock: Pick<Clock, 'now'>;
  /** Base URL of a gateway for applications; null while it is not known. */
  address(namespace: string, gateway: string): string | null;
}

/** Milliseconds. A report that grew old is a change that nobody hears of, so what is pending is looked at again. */
const PENDING_MS = 5000;

/** Writes the status of one object, and only where it changed. Keys are `Kind/namespace/name`. */
export function reconcileStatus(deps: StatusControllerDeps): Reconcile {
  const latest = latestStatus(deps.client);
  return async (key) => {
    const [kind, namespace, name] = key.split('/') as [string, string, string];
    const ref = { kind, namespace, name };
    const object = await latest.read(ref);
    if (object === undefined) return DONE;
    const status = statusOf(deps, object, ref);
    if (status === null) return DONE;
    if (!sameJson(status, object.status)) {
      if (!(await latest.write(object, status))) return DONE;
      const before = object.status as ObjectStatus | undefined;
      for (const event of changes(before?.conditions, status.conditions)) deps.events.record(object, event);
    }
    // Until every instance may have reported, silence was not told, and has to be looked at again.
    const pending = isPending(status) || !deps.reports.complete();
    return pending ? { kind: 'requeue', afterMs: PENDING_MS } : DONE;
  };
}

function isPending({ conditions }: ObjectStatus): boolean {
  return conditions?.some(({ reason }) => reason === 'GatewayPending') === true;
}

type ObjectStatus = GovernancePolicyStatus | ProviderTargetStatus | GovernanceGatewayStatus;

/** Null where it is too early to say anything. */
function statusOf(deps: StatusControllerDeps, object: KubeObject, ref: ObjectRef): ObjectStatus | null {
  const { outcomes, clock } = deps;
  const { cache } = deps.client;
  const { namespace, name } = ref;
  const names = gatewayNames(cache, namespace);
  const known = names
    .map((gateway) => outcomes.get(namespace, gateway))
    .filter((outcome) => outcome !== undefined);
  if (known.length < names.length) return null;
  // An outcome that has not seen this generation yet would be told as if it had; its successor comes soon.
  const concerned = ref.kind === KINDS.gateway ? known.filter(({ gateway }) => gateway === name) : known;
  const alone = names.length === 0 ? outcomes.ungoverned(namespace) : undefined;
  const judgements = alone === undefined ? concerned.map(({ decision }) => decision) : [alone];
  const { uid, generation } = object.metadata;
  if (judgements.length === 0) return null;
  if (judgements.some(({ considered }) => considered[uid] !== generation)) return null;

  const live = (gateway: string, about?: string): LiveGateway =>
    liveGateway({ cache, outcomes, reports: deps.reports }, namespace, gateway, about);
  const common = {
    previous: object.status as never,
    now: timestamp(clock),
    findings: findingsOf(judgements, ref),
  };
  if (ref.kind === KINDS.gateway) {
    return gatewayStatus({
      ...common,
      gateway: resource<GovernanceGatewaySpec>(object),
      live: live(name),
      policies: outcomes.get(namespace, name)?.decision.policies.length ?? 0,
      address: deps.address(namespace, name),
    });
  }
  const accepted = acceptedGeneration(judgements, common.findings, object.metadata);
  if (ref.kind === KINDS.policy) {
    const policy = resource<GovernancePolicySpec>(object);
    return policyStatus({
      ...common,
      policy,
      accepted,
      overruled: overruledOf(known, `${namespace}/${name}`),
      gateways: names.filter((gateway) => governs(policy, gateway)).map((gateway) => live(gateway, uid)),
    });
  }
  return targetStatus({
    ...common,
    target: resource<ProviderTargetSpec>(object),
    accepted,
    gateways: known
      .filter(({ decision }) => decision.targets.includes(name))
      .map(({ gateway }) => live(gateway, uid)),
  });
}

function findingsOf(judgements: readonly Judgement[], ref: ObjectRef): Finding[] {
  return judgements
    .flatMap(({ findings }) => findings)
    .filter(({ object }) => object.kind === ref.kind && object.name === ref.name);
}

/** The generation in force; null for an object that was never valid. */
function acceptedGeneration(
  judgements: readonly Judgement[],
  findings: readonly Finding[],
  object: { uid: string; generation: number },
): number | null {
  for (const { acceptedSpecs } of judgements) {
    const spec = acceptedSpecs.find(({ uid }) => uid === object.uid);
    if (spec !== undefined) return spec.generation;
  }
  return findings.some((finding) => finding.reason === 'Invalid') ? null : object.generation;
}

function overruledOf(outcomes: readonly Outcome[], policy: string): string[] {
  const messages = outcomes.flatMap(({ decision }) =>
    decision.fields
      .filter((field) => field.overruled.includes(policy))
      .map((field) => `${field.path} is ${JSON.stringify(field.value)} by ${some(field.from)}`),
  );
  return [...new Set(messages)];
}

/** A few of many, in words that stay the same when there are more: each new one would be a write for everybody. */
function some(names: readonly string[]): string {
  return names.length <= MAX_NAMED ? names.join(', ') : `${names.slice(0, MAX_NAMED).join(', ')} and others`;
}

const MAX_NAMED = 3;
