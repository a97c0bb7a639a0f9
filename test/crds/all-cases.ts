import { type CustomResourceDefinition, storedSchema } from '../../crds/schema.ts';
import { type Case, handWritten } from './corpus.ts';
import { metadataEdges, specEdges } from './edges.ts';
import { mechanicalProbes } from './mechanical.ts';

/** Every object of a kind that the tests have: written, made from each constraint, and the edges. */
export function allCases(crd: CustomResourceDefinition): Pick<Case, 'name' | 'object' | 'subresource'>[] {
  const { kind } = crd.spec.names;
  const written = handWritten(kind);
  const accepted = written.filter(({ errors }) => errors.length === 0);
  const probes = mechanicalProbes(storedSchema(crd), accepted);
  const base = accepted.find(({ name }) => name === 'accept full')!.object;
  const edges = Object.entries({ ...metadataEdges, ...specEdges[kind] }).map(([name, change]) => {
    const { status: _, ...object } = structuredClone(base);
    change(object as Parameters<typeof change>[0]);
    return { name: `edge ${name}`, object, subresource: 'spec' as const };
  });
  return [...written, ...probes.flatMap(({ accept, reject }) => [...accept, ...reject]), ...edges];
}
