import type { Manifest } from '../runtime/objects.ts';
import type { RenderInput } from './input.ts';
import { childMetadata } from './metadata.ts';
import { CONFIG_KEYS } from './names.ts';

export const REVISION_ANNOTATION = 'governance.keeptrusts.com/revision';
export const HASH_ANNOTATION = 'governance.keeptrusts.com/hash';

/** On a pod: the revision that its kubelet was told to look for, and how often. */
export const CONFIG_REVISION_ANNOTATION = 'governance.keeptrusts.com/config-revision';

/** The document that the gateway reads, the specifications that it came from, and the source of each part. */
export function renderConfigMap(input: RenderInput): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(input, {
      [REVISION_ANNOTATION]: String(input.revision.number),
      [HASH_ANNOTATION]: input.revision.hash,
    }),
    data: {
      [CONFIG_KEYS.document]: input.document,
      [CONFIG_KEYS.accepted]: input.accepted,
      [CONFIG_KEYS.sources]: input.sources,
    },
  };
}
