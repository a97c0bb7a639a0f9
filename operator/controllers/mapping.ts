import { IMPLICIT_GATEWAY } from '../domain/attach.ts';
import { KINDS } from '../domain/snapshot.ts';
import { CHILD_KINDS } from '../render/index.ts';
import { GATEWAY_LABEL } from '../render/labels.ts';
import { childName, gatewayOf } from '../render/names.ts';
import { sameJson } from '../runtime/json.ts';
import { type KubeObject, type ObjectCache, type ObjectRef, refKey, refOf } from '../runtime/objects.ts';
import { gatewayNames, renderedGateways } from './gather.ts';

const OURS: ReadonlySet<string> = new Set(Object.values(KINDS));
const CHILDREN: ReadonlySet<string> = new Set(CHILD_KINDS);

/** Keys of the gateways that a change may concern. Status writes concern none: they would go round for ever. */
export function gatewayKeys(
  cache: ObjectCache,
  ref: ObjectRef,
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
): string[] {
  if (OURS.has(ref.kind)) {
    if (sameIntent(object, previous)) return [];
    return allGateways(cache, ref.namespace).map((name) => `${ref.namespace}/${name}`);
  }
  if (!CHILDREN.has(ref.kind) || sameContent(object, previous)) return [];
  const gateway = (object ?? previous)?.metadata.labels?.[GATEWAY_LABEL];
  const names = new Set([gateway, previous?.metadata.labels?.[GATEWAY_LABEL]]);
  // By its name too: a hand may have changed the label.
  if (ref.name === childName(gatewayOf(ref.name))) names.add(gatewayOf(ref.name));
  return [...names].flatMap((name) => (name === undefined ? [] : [`${ref.namespace}/${name}`]));
}

/** The gateway whose pods a change may concern; null for none. */
export function deliveryKey(
  { kind, namespace, name }: ObjectRef,
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
): string | null {
  if (kind === 'ConfigMap') return `${namespace}/${gatewayOf(name)}`;
  if (kind !== 'Pod') return null;
  const gateway = (object ?? previous)?.metadata.labels?.[GATEWAY_LABEL];
  return gateway === undefined ? null : `${namespace}/${gateway}`;
}

/** Whether the status of objects of the namespace may differ after a change, though no gateway may be concerned. */
export function changesStatus(
  ref: ObjectRef,
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
): boolean {
  if (ref.kind === 'Deployment') return true;
  if (ref.kind === 'Pod') return !samePod(object, previous);
  return OURS.has(ref.kind) && !sameIntent(object, previous);
}

/** Whether a pod counts as it did: what it was told is nothing to anybody but its kubelet. */
function samePod(a: KubeObject | undefined, b: KubeObject | undefined): boolean {
  return (
    same(a, b, ({ uid, deletionTimestamp }) => ({ uid, deletionTimestamp })) && sameJson(a?.status, b?.status)
  );
}

/** Keys of the objects of ours in a namespace, whose status may have to be written. */
export function statusKeys(cache: ObjectCache, namespace: string): string[] {
  return [...OURS].flatMap((kind) => cache.list(kind, namespace)).map((object) => refKey(refOf(object)));
}

/** Those that are, and those that were and have objects to be removed. */
function allGateways(cache: ObjectCache, namespace: string): string[] {
  const names = [...gatewayNames(cache, namespace), ...renderedGateways(cache, namespace), IMPLICIT_GATEWAY];
  return [...new Set(names)].sort();
}

/** Whether both say the same about what is wanted. Annotations of ours say nothing. */
function sameIntent(a: KubeObject | undefined, b: KubeObject | undefined): boolean {
  return same(a, b, ({ uid, labels, ownerReferences }) => ({ uid, labels, ownerReferences }));
}

/** Whether nothing that we may have set differs. */
function sameContent(a: KubeObject | undefined, b: KubeObject | undefined): boolean {
  return same(a, b, ({ uid, labels, annotations, ownerReferences }) => ({
    uid,
    labels,
    annotations,
    ownerReferences,
  }));
}

function same(
  a: KubeObject | undefined,
  b: KubeObject | undefined,
  pick: (metadata: KubeObject['metadata']) => object,
): boolean {
  if (a === undefined || b === undefined) return false;
  const { status: _a, metadata: ma, ...ca } = a;
  const { status: _b, metadata: mb, ...cb } = b;
  return sameJson(ca, cb) && sameJson(pick(ma), pick(mb));
}
