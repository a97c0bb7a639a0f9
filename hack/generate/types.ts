import { compile } from 'json-schema-to-typescript';
import { type CustomResourceDefinition, type StructuralSchema, storedSchema } from '../../crds/schema.ts';
import { buildCrds } from './crds.ts';
import { readKinds } from './kinds.ts';
import { notice, type Output } from './output.ts';

type JsonSchema = Record<string, unknown>;

/**
 * The schema of a stored object for the type generator: what has a default is always there, nothing unknown is.
 */
function asStored(schema: StructuralSchema): JsonSchema {
  const { properties, items, additionalProperties, required = [], ...rest } = schema;
  const plain = Object.fromEntries(
    Object.entries(rest).filter(([key]) => !key.startsWith('x-') && key !== 'default'),
  );
  if (properties !== undefined) {
    const defaulted = Object.keys(properties).filter((name) => properties[name]?.default !== undefined);
    return {
      ...plain,
      required: [...new Set([...required, ...defaulted])],
      additionalProperties: false,
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, child]) => [name, asStored(child)]),
      ),
    };
  }
  if (items !== undefined) return { ...plain, items: asStored(items) };
  if (additionalProperties !== undefined)
    return { ...plain, additionalProperties: asStored(additionalProperties) };
  return plain;
}

async function typesOf(crd: CustomResourceDefinition): Promise<Output> {
  const { kind, singular } = crd.spec.names;
  const {
    metadata: _metadata,
    apiVersion: _version,
    kind: _kind,
    ...properties
  } = storedSchema(crd).properties ?? {};
  const body: StructuralSchema = { ...storedSchema(crd), title: `${kind}Body`, properties };
  const text = await compile(asStored(body) as never, `${kind}Body`, {
    bannerComment: `/* ${notice('the CRD')} The types are those of stored objects, in which defaults are filled in. */`,
    ignoreMinAndMaxItems: true,
    additionalProperties: false,
    format: true,
    style: { singleQuote: true, printWidth: 110 },
  });
  return { path: `crds/types/${singular}.ts`, text };
}

/** `crds/types/<kind>.ts`, one for each CRD, and their index. */
export async function typeOutputs(root: string): Promise<Output[]> {
  const crds = buildCrds(root, readKinds(root));
  return Promise.all(crds.map(typesOf));
}
