/** The part of JSON Schema that a kind's `schema.json` may use. */
export interface KindSchema {
  $ref?: string;
  $defs?: Record<string, KindSchema>;
  title?: string;
  description?: string;
  type?: string;
  format?: string;
  const?: unknown;
  default?: unknown;
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, KindSchema>;
  additionalProperties?: boolean | KindSchema;
  propertyNames?: KindSchema;
  items?: KindSchema;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
}

/** Follows a local `$ref`; keywords beside it win. @throws Error where it leads nowhere */
export function resolved(schema: KindSchema, root: KindSchema): KindSchema {
  if (schema.$ref === undefined) return schema;
  const target = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
  if (target === undefined) throw new Error(`${schema.$ref} leads nowhere`);
  const { $ref: _ref, ...beside } = schema;
  return { ...resolved(target, root), ...beside };
}
