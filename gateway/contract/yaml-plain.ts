import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import type { DocPath } from './doc-path.ts';
import type { Findings } from './problem.ts';
import { MAX_ALIASES } from './yaml-bounds.ts';

const MAX_DEPTH = 64;
/** Values of a whole document, aliases expanded: a bomb of aliases ends here. */
const MAX_VALUES = 200_000;
const MAX_EXPANDED_CHARS = 4_194_304;

/** Turns YAML nodes into plain JSON values and says what JSON cannot hold. */
export class PlainReader {
  readonly #document: Document.Parsed;
  readonly #findings: Findings;
  #values = 0;
  #chars = 0;
  #aliases = 0;

  constructor(document: Document.Parsed, findings: Findings) {
    this.#document = document;
    this.#findings = findings;
  }

  read(node: Node | null | undefined, path: DocPath, depth: number): unknown {
    if (this.#overBudget(path, depth)) return null;
    if (node === null || node === undefined) return null;
    if (isAlias(node)) {
      this.#aliases += 1;
      return this.#overBudget(path, depth) ? null : this.read(node.resolve(this.#document), path, depth + 1);
    }
    if (isMap(node)) return this.#map(node, path, depth);
    if (isSeq(node))
      return node.items.map((item, index) => this.read(item as Node, [...path, index], depth + 1));
    return isScalar(node) ? this.#scalar(node.value, path) : null;
  }

  #map(node: YAMLMap, path: DocPath, depth: number): Record<string, unknown> {
    const seen = new Set<string>();
    const entries: [string, unknown][] = [];
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? nameOf(key.value) : null;
      if (name === null) {
        this.#findings.add('E012', path, 'a key of this map is not a plain text');
        continue;
      }
      const here = [...path, name];
      if (seen.has(name)) {
        this.#findings.push({
          code: 'E011',
          path: here,
          message: `\`${name}\` stands twice in this map`,
          atKey: true,
        });
        continue;
      }
      seen.add(name);
      entries.push([name, this.read(value as Node | null, here, depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  #scalar(value: unknown, path: DocPath): unknown {
    if (typeof value === 'string') {
      this.#chars += value.length;
      return value;
    }
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    this.#findings.add('E012', path, 'the value is not a text, a finite number, a boolean or null');
    return null;
  }

  #overBudget(path: DocPath, depth: number): boolean {
    this.#values += 1;
    if (depth > MAX_DEPTH) {
      this.#findings.add('E026', path.slice(0, 1), `the document is nested over ${MAX_DEPTH} levels deep`);
      return true;
    }
    if (this.#values <= MAX_VALUES && this.#chars <= MAX_EXPANDED_CHARS && this.#aliases <= MAX_ALIASES) {
      return false;
    }
    const message = `the document has over ${MAX_ALIASES} aliases, or is too large once they are expanded`;
    this.#findings.add('E026', [], message);
    return true;
  }
}

function nameOf(key: unknown): string | null {
  if (typeof key === 'string') return key;
  return typeof key === 'number' || typeof key === 'boolean' ? String(key) : null;
}
