import fc from 'fast-check';
import { type KindSchema, resolved } from '../../../operator/domain/mapping/kind-schema.ts';

/** Random settings of a kind in the document's spelling; bounds and patterns of strings are left aside. */
export function settingsOf(schema: KindSchema, root: KindSchema = schema): fc.Arbitrary<unknown> {
  const node = resolved(schema, root);
  if (node.enum !== undefined) return fc.constantFrom(...node.enum);
  switch (node.type) {
    case 'object': {
      if (typeof node.additionalProperties === 'object') {
        const key = fc.constantFrom('US_SSN', 'x-user-id', 'snake_case', 'camelCase', 'gpt-4o-mini', 'Block');
        return fc.dictionary(key, settingsOf(node.additionalProperties, root), { maxKeys: 4 });
      }
      const fields: Record<string, fc.Arbitrary<unknown>> = {};
      for (const [name, child] of Object.entries(node.properties ?? {}))
        fields[name] = settingsOf(child, root);
      return fc.record(fields, { requiredKeys: node.required ?? [] });
    }
    case 'array':
      return fc.array(settingsOf(node.items ?? {}, root), { maxLength: 4 });
    case 'integer':
      return fc.integer({ min: node.minimum ?? 0, max: Math.min(node.maximum ?? 100, 2 ** 31 - 1) });
    case 'boolean':
      return fc.boolean();
    default:
      return fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom('snake_case', 'block', 'Redact'));
  }
}
