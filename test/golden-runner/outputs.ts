import { stringify } from 'yaml';
import { CONFIG_KEYS } from '../../operator/render/names.ts';
import type { KubeObject } from '../../operator/runtime/objects.ts';

/** In the place of the uid of an owner that is the one meant. */
export const ITS_OWN = 'its own';

/** What there is at the end of a scenario. */
export interface End {
  /** Policies, targets and gateways. */
  ours: readonly KubeObject[];
  /** What the operator made, ConfigMaps first. */
  children: readonly KubeObject[];
  /** What was refused on the way, a line each. */
  refused: readonly string[];
}

/** The files that a scenario is compared with, by name. */
export function outputs({ ours, children, refused }: End): Record<string, string> {
  return {
    'out.config.yaml': children
      .filter(({ kind }) => kind === 'ConfigMap')
      .map((config) => config.data![CONFIG_KEYS.document]!)
      .join('---\n'),
    'out.manifests.yaml': toYaml(children.map(shown)),
    'out.status.yaml': toYaml([
      ...ours.map(({ kind, metadata, status }) => ({
        object: `${kind} ${metadata.namespace}/${metadata.name}`,
        generation: metadata.generation,
        status: status ?? null,
      })),
      ...(refused.length === 0 ? [] : [{ refused }]),
    ]),
  };
}

/** Documents in the form of the `out.*` files. */
export function toYaml(values: readonly object[]): string {
  return values
    .map((value) => stringify(value, { lineWidth: 110, sortMapEntries: true, aliasDuplicateObjects: false }))
    .join('---\n');
}

/** What a person would look at: without the parts that only the store sets. */
function shown({ metadata, data: _, status: _s, ...rest }: KubeObject): object {
  const { uid: _u, resourceVersion: _r, creationTimestamp: _c, generation: _g, ...meta } = metadata;
  return { ...rest, metadata: meta };
}
