import { IMPLICIT_GATEWAY } from '../domain/attach.ts';
import { KINDS } from '../domain/snapshot.ts';
import { CHILD_KINDS } from '../render/index.ts';
import { GATEWAY_LABEL } from '../render/labels.ts';
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
  if (object !== undefined && previous !== undefined && sameIntent(object, previous)) return [];
  if (OURS.has(ref.kind)) return allGateways(cache, ref.namespace).map((name) => `${ref.namespace}/${name}`);
  if (!CHILDREN.has(ref.kind)) return [];
  const gateway = (object ?? previous)?.metadata.labels?.[GATEWAY_LABEL];
  return gateway === undefined ? [] : [`${ref.namespace}/${gateway}`];
}

/** Whether the status of objects of the namespace may differ after a change, though no gateway may be concerned. */
export function changesStatus(
  ref: ObjectRef,
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
): boolean {
  return (
    OURS.has(ref.kind) && !(object !== undefined && previous !== undefined && sameIntent(object, previous))
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

function sameIntent(a: KubeObject, b: KubeObject): boolean {
  const { status: _a, metadata: ma, ...ca } = a;
  const { status: _b, metadata: mb, ...cb } = b;
  const meta = ({ uid, labels, ownerReferences }: KubeObject['metadata']) => ({
    uid,
    labels,
    ownerReferences,
  });
  return sameJson(ca, cb) && sameJson(meta(ma), meta(mb));
}
