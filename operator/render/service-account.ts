import type { Manifest } from '../runtime/objects.ts';
import type { RenderInput } from './input.ts';
import { childMetadata } from './metadata.ts';

/** An identity without rights: it only names the gateway to the control plane. */
export function renderServiceAccount(input: RenderInput): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: childMetadata(input),
    automountServiceAccountToken: false,
  };
}
