import { kubectl } from '../../../fakes/kubectl.ts';
import { provideImage } from '../image.ts';
import { installOperator } from '../install.ts';
import type { Place } from '../place.ts';
import { OPERATOR_NAMESPACE } from '../surroundings.ts';

const DEPLOYMENT = 'deployment/keeptrusts-operator';

const AT = ['-n', OPERATOR_NAMESPACE];
const ITS_PODS = ['pod', '-l=app.kubernetes.io/name=keeptrusts-operator'];

/** Ends the control plane's pod without another in its place, or starts one. */
export async function operator(place: Place, what: 'away' | 'back'): Promise<void> {
  if (what === 'back') {
    await begin();
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
  const value = `--gateway-image=${await provideImage('KT_NEXT_GATEWAY_IMAGE', process.env)}`;
  const patch = [{ op: 'add', path: '/spec/template/spec/containers/0/args/-', value }];
  place.repairs.push(() => installOperator(process.env));
  place.changedAt = performance.now();
  await kubectl([...AT, 'patch', DEPLOYMENT, '--type=json', '-p', JSON.stringify(patch)]);
  await kubectl([...AT, 'rollout', 'status', DEPLOYMENT, '--timeout=90s']);
}
