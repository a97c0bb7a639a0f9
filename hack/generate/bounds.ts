import { type CustomResourceDefinition, type StructuralSchema, storedSchema } from '../../crds/schema.ts';
import { visit } from './cel-rules.ts';

/** One line for each field that breaks a house rule of the CRDs: described, bounded, typed lists, no floats. */
export function boundFaults(crd: CustomResourceDefinition): string[] {
  const faults: string[] = [];
  visit(storedSchema(crd), '', (schema, path) => {
    if (TOP.has(path.split('.')[0] ?? '')) return;
    for (const fault of nodeFaults(schema))
      faults.push(`${crd.spec.names.kind} ${path || '<root>'}: ${fault}`);
  });
  return faults;
}

/** Fields that are described and bounded by the API server, with all below them. */
const TOP = new Set(['apiVersion', 'kind', 'metadata']);

function nodeFaults(schema: StructuralSchema): string[] {
  const faults: string[] = [];
  const demand = (holds: boolean, what: string): void => {
    if (!holds) faults.push(what);
  };
  demand((schema.description ?? '') !== '', 'it has no description');
  switch (schema.type) {
    case 'string':
      demand(schema.maxLength !== undefined || schema.enum !== undefined, 'the string has no maxLength');
      break;
    case 'integer':
      demand(schema.minimum !== undefined || schema.enum !== undefined, 'the integer has no minimum');
      demand(schema.format !== undefined, 'the integer has no format');
      break;
    case 'array':
      demand(schema.maxItems !== undefined, 'the list has no maxItems');
      demand(schema['x-kubernetes-list-type'] !== undefined, 'the list has no list type');
      break;
    case 'object':
      demand(
        schema.additionalProperties === undefined || schema.maxProperties !== undefined,
        'the map has no maxProperties',
      );
      demand(
        schema.properties !== undefined || schema.additionalProperties !== undefined,
        'the object is a free-form blob',
      );
      break;
    case 'boolean':
      break;
    default:
      faults.push(`type ${schema.type ?? 'unset'} is not allowed`);
  }
  for (const value of schema.enum ?? []) {
    demand(
      typeof value !== 'string' || /^[A-Z][A-Za-z0-9]*$/.test(value),
      `enum value ${value} is not PascalCase`,
    );
  }
  for (const name of Object.keys(schema.properties ?? {})) {
    demand(/^[a-z][A-Za-z0-9]*$/.test(name), `field ${name} is not camelCase`);
  }
  return faults;
}
