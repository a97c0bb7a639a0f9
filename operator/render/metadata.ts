import type { Manifest } from '../runtime/objects.ts';
import type { RenderInput } from './input.ts';
import { standardLabels } from './labels.ts';
import { childName } from './names.ts';

/** Metadata that every child of a gateway has. */
export function childMetadata(
  input: RenderInput,
  annotations?: Record<string, string>,
): Manifest['metadata'] {
  return {
    name: childName(input.gateway),
    namespace: input.namespace,
    labels: standardLabels(input.gateway),
    ...(annotations === undefined ? {} : { annotations }),
    ownerReferences: input.owners,
  };
}
