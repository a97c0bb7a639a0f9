import type { KindContracts, SettingsSchema } from './kind-contract.ts';
import documentSchema from './policy-config.schema.json' with { type: 'json' };

/**
 * The schema of the document with the settings of every kind in it, for editors and for the reference. Settings of an
 * entry that names its kind are checked too. The looser shapes that are converted at the edge are not part of it.
 */
export function publishedSchema(kinds: KindContracts): object {
  const schema = structuredClone(documentSchema) as unknown as Published;
  const names = [...kinds.keys()].sort();
  for (const name of names)
    schema.$defs[definition(name)] = embedded(kinds.get(name)!.schema, definition(name));
  schema.properties.policy.properties = Object.fromEntries(names.map((name) => [name, reference(name)]));
  schema.properties.policy.additionalProperties = false;
  schema.$defs.entry.properties['kind'] = { ...schema.$defs.entry.properties['kind'], enum: names };
  schema.$defs.entry['allOf'] = names.map((name) => ({
    if: { required: ['kind'], properties: { kind: { const: name } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { properties: { settings: reference(name) } },
  }));
  schema.$defs.chainItem['then'] = { ...(schema.$defs.chainItem['then'] as object), enum: names };
  return schema;
}

interface Published {
  properties: { policy: { properties?: Record<string, object>; additionalProperties: unknown } };
  $defs: Record<string, object> & {
    entry: Record<string, unknown> & { properties: Record<string, object> };
    chainItem: Record<string, unknown>;
  };
}

const definition = (name: string): string => `settings.${name}`;
const reference = (name: string): object => ({ $ref: `#/$defs/${definition(name)}` });

/** A kind's schema moved below `$defs`: its own local references move with it. */
function embedded(schema: SettingsSchema, name: string): object {
  const { $schema: _dialect, $id: _address, ...rest } = schema;
  return JSON.parse(
    JSON.stringify(rest, (key, value: unknown) =>
      key === '$ref' && typeof value === 'string' ? value.replace(/^#(?=\/|$)/, `#/$defs/${name}`) : value,
    ),
  ) as object;
}
