import { kubectl } from '../../../fakes/kubectl.ts';
import type { Place } from '../place.ts';
import { OPERATOR_NAMESPACE } from '../surroundings.ts';

const DEPLOYMENT = 'deployment/keeptrusts-operator';

/** Deletes the pod of the control plane and keeps it from coming back, or lets it. */
export async function operator(place: Place, what: 'away' | 'back'): Promise<void> {
  const at = ['-n', OPERATOR_NAMESPACE];
  await kubectl([...at, 'scale', DEPLOYMENT, `--replicas=${what === 'away' ? 0 : 1}`]);
  if (what === 'back') await kubectl([...at, 'rollout', 'status', DEPLOYMENT, '--timeout=90s']);
  else
    await kubectl([
      ...at,
      'wait',
      '--for=delete',
      'pod',
      '-l=app.kubernetes.io/name=keeptrusts-operator',
      '--timeout=60s',
    ]);
  place.changedAt = performance.now();
}
