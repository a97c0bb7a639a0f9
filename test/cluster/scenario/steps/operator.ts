import { kubectl } from '../../../fakes/kubectl.ts';
import { installOperator, limitOperator } from '../install.ts';
import type { Place } from '../place.ts';
import { OPERATOR_NAMESPACE } from '../surroundings.ts';

const DEPLOYMENT = 'deployment/keeptrusts-operator';

const AT = ['-n', OPERATOR_NAMESPACE];
const ITS_PODS = ['pod', '-l=app.kubernetes.io/name=keeptrusts-operator'];

/**
 * Ends the control plane's pod without another in its place, starts one, or puts one in its place that may act in the
 * scenario's namespace only.
 */
export async function operator(place: Place, what: 'away' | 'back' | 'limited'): Promise<void> {
  if (what === 'back') {
    await begin();
  } else if (what === 'limited') {
    place.repairs.push(() => installOperator(process.env));
    await limitOperator(process.env, place.namespace);
  } else {
    place.repairs.push(begin);
    await kubectl([...AT, 'scale', DEPLOYMENT, '--replicas=0']);
    await kubectl([...AT, 'wait', '--for=delete', ...ITS_PODS, '--timeout=60s']);
  }
  place.changedAt = performance.now();
}

async function begin(): Promise<void> {
  await kubectl([...AT, 'scale', DEPLOYMENT, '--replicas=1']);
  await kubectl([...AT, 'rollout', 'status', DEPLOYMENT, '--timeout=90s']);
}

/** Lets gateways have another image, as an update of the operator would. */
export async function nextImage(place: Place): Promise<void> {
  const value = `--gateway-image=${await place.images.get('KT_NEXT_GATEWAY_IMAGE')}`;
  const patch = [{ op: 'add', path: '/spec/template/spec/containers/0/args/-', value }];
  place.repairs.push(() => installOperator(process.env));
  place.changedAt = performance.now();
  await kubectl([...AT, 'patch', DEPLOYMENT, '--type=json', '-p', JSON.stringify(patch)]);
  await kubectl([...AT, 'rollout', 'status', DEPLOYMENT, '--timeout=90s']);
}
