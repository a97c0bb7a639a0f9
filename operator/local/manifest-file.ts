import { type Document, LineCounter, parseAllDocuments } from 'yaml';
import type { DocPath } from '../../gateway/contract/doc-path.ts';
import type { Position } from '../../gateway/contract/problem.ts';
import { yamlExcess } from '../../gateway/contract/yaml-bounds.ts';
import { locate } from '../../gateway/contract/yaml-place.ts';
import type { Manifest } from '../runtime/objects.ts';
import { isMetadataField } from './validate/metadata.ts';

/** Why a file, or an object in it, is not what the operator works with. */
export interface FolderProblem {
  /** Path in the folder. */
  file: string;
  /** From 1; absent where the whole file is meant. */
  line?: number;
  column?: number;
  /** `Kind namespace/name`, where one object is meant. */
  object?: string;
  code: 'unreadable' | 'not_parsable' | 'not_an_object' | 'not_served' | 'duplicate' | 'invalid' | 'failed';
  message: string;
}

/** One object of a file, and where it begins. */
export interface FileObject {
  manifest: Manifest;
  line: number;
  /** Where the field stands that a message about the object begins with; null where it begins with none. */
  place(message: string): Position | null;
}

export type ParsedFile = { objects: FileObject[] } | { problem: Omit<FolderProblem, 'file'> };

const DEFAULT_NAMESPACE = 'default';

/** Reads a file of one or more documents, YAML or JSON (which is YAML). A `List` gives its items. */
export function parseManifestFile(text: string): ParsedFile {
  const excess = yamlExcess(text);
  if (excess !== null) {
    const { line, column, message } = excess;
    return { problem: { line, column, code: 'not_parsable', message: `the file has ${message}` } };
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true });
  const objects: FileObject[] = [];
  // An empty file is an empty result with no documents.
  for (const document of Array.isArray(documents) ? documents : []) {
    const error = document.errors[0];
    const { line, col } = lines.linePos(error?.pos[0] ?? document.contents?.range?.[0] ?? 0);
    if (error !== undefined) {
      const message = error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '');
      return { problem: { line, column: col, code: 'not_parsable', message } };
    }
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch (failure) {
      return { problem: { line, column: col, code: 'not_parsable', message: (failure as Error).message } };
    }
    if (value === null) continue;
    const items = isList(value) ? value.items : null;
    for (const [index, item] of (items ?? [value]).entries()) {
      const manifest = toManifest(item);
      if (typeof manifest === 'string') {
        return { problem: { line, column: col, code: 'not_an_object', message: manifest } };
      }
      const start: DocPath = items === null ? [] : ['items', index];
      objects.push({ manifest, line, place: (message) => placeOf(message, document, lines, start) });
    }
  }
  return { objects };
}

/** Messages about a field begin with its path, such as `spec.entries[2].kind`. */
const FIELD = /^(?:metadata|spec)(?:\.\w+|\[\d+\])*/;

function placeOf(
  message: string,
  document: Document.Parsed,
  lines: LineCounter,
  start: DocPath,
): Position | null {
  const field = FIELD.exec(message)?.[0];
  if (field === undefined) return null;
  const steps = [...field.matchAll(/\w+/g)].map(([step]) => (/^\d/.test(step) ? Number(step) : step));
  return locate(document, lines, [...start, ...steps], true);
}

function isList(value: unknown): value is { items: unknown[] } {
  if (!isRecord(value) || typeof value['kind'] !== 'string') return false;
  return value['kind'].endsWith('List') && Array.isArray(value['items']);
}

/** The manifest with its namespace filled in, or what keeps the value from being one. */
function toManifest(value: unknown): Manifest | string {
  if (!isRecord(value)) return 'a document is not an object: give apiVersion, kind, metadata and spec';
  const { apiVersion, kind, metadata, ...content } = value;
  if (typeof apiVersion !== 'string' || apiVersion === '') return 'apiVersion is missing';
  if (typeof kind !== 'string' || !/^[A-Za-z]+$/.test(kind)) return 'kind is missing';
  if (!isRecord(metadata) || typeof metadata['name'] !== 'string') return 'metadata.name is missing';
  const namespace = metadata['namespace'] ?? DEFAULT_NAMESPACE;
  if (typeof namespace !== 'string') return 'metadata.namespace is not a string';
  const labels = withoutNulls(metadata['labels']);
  const annotations = withoutNulls(metadata['annotations']);
  if (labels !== undefined && !isStringMap(labels)) return 'metadata.labels has a value that is no string';
  if (annotations !== undefined && !isStringMap(annotations)) {
    return 'metadata.annotations has a value that is no string';
  }
  return {
    ...content,
    apiVersion,
    kind,
    metadata: {
      // What only a server sets, as in a file that was read from one, is left out; a misspelt field is told later.
      ...Object.fromEntries(Object.entries(metadata).filter(([field]) => !isMetadataField(field))),
      name: metadata['name'],
      namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `key:` without a value is an empty string, as it is to an API server. */
function withoutNulls(map: unknown): unknown {
  if (!isRecord(map)) return map ?? undefined;
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, value ?? '']));
}

function isStringMap(value: unknown): value is Record<string, string> {
  return isRecord(value) && Object.values(value).every((member) => typeof member === 'string');
}
