import type { PolicyEntry } from '../../crds/types/governancepolicy.ts';
import { KIND_SCHEMAS } from './kinds.generated.ts';
import { type Converter, converterOf, MappingError } from './mapping/convert.ts';
import { camelCase, pascalCase } from './mapping/names.ts';
import { pathToResource } from './mapping/paths.ts';

export { MappingError } from './mapping/convert.ts';
export { FAIL_MODES, FALLBACK_TRIGGERS, MODES, SPOOL_FULL } from './mapping/enums.ts';

type Settings = Readonly<Record<string, unknown>>;

interface KindNames {
  /** `pii-detector`, in the document. */
  document: string;
  /** `PiiDetector`, the value of an entry's `kind`. */
  resource: string;
  /** `piiDetector`, the member that holds its settings. */
  member: string;
}

const NAMES: readonly KindNames[] = Object.keys(KIND_SCHEMAS).map((document) => ({
  document,
  resource: pascalCase(document),
  member: camelCase(document),
}));

const CONVERTERS: ReadonlyMap<string, Converter> = new Map(
  Object.entries(KIND_SCHEMAS).map(([kind, schema]) => [kind, converterOf(schema, kind)]),
);

function converter(kind: string): Converter {
  const found = CONVERTERS.get(kind);
  if (found === undefined) throw new MappingError('kind', `${JSON.stringify(kind)} is not a policy kind`);
  return found;
}

/** Settings of a resource in the document's spelling. `kind` is the document's name, such as `pii-detector`. @throws MappingError */
export function settingsToDocument(kind: string, settings: Settings): Record<string, unknown> {
  return converter(kind).toDocument(settings) as Record<string, unknown>;
}

/** The names of a kind, found by any one of them. @throws MappingError */
export function kindNames(name: string): KindNames {
  const found = NAMES.find((names) => [names.document, names.resource, names.member].includes(name));
  if (found === undefined) throw new MappingError('kind', `${JSON.stringify(name)} is not a policy kind`);
  return found;
}

/** A path in a kind's settings, such as `rules[0].pattern`, as the resource spells it. @throws MappingError */
export function settingsPathToResource(kind: string, path: string): string {
  const schema = KIND_SCHEMAS[kindNames(kind).document];
  return schema === undefined ? path : pathToResource(schema, path);
}

/** Kind and settings of a valid entry, in the document's spelling. @throws MappingError */
export function entryToDocument(entry: PolicyEntry): { kind: string; settings: Record<string, unknown> } {
  const names = kindNames(entry.kind);
  const settings = (entry as unknown as Settings)[names.member] as Settings | undefined;
  return { kind: names.document, settings: settingsToDocument(names.document, settings ?? {}) };
}
