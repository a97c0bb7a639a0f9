import type { CustomResourceDefinition, StructuralSchema } from '../../../crds/schema.ts';

/** A CRD of kind `Thing` with that schema as its spec. */
export function crdWith(spec: StructuralSchema, root: StructuralSchema = {}): CustomResourceDefinition {
  const properties: Record<string, StructuralSchema> = {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    spec,
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: {
        kind: 'Thing',
        listKind: 'ThingList',
        plural: 'things',
        singular: 'thing',
        shortNames: [],
        categories: [],
      },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties, ...root } },
        },
      ],
    },
  };
}

export const thing = (spec: unknown): Record<string, unknown> => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name: 'a', namespace: 'team' },
  spec,
});
