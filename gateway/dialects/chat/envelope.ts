import { type JsonNode, member, STRING } from '../../json/node.ts';
import type { JsonDocument } from '../../json/read.ts';

/** What all chunks of one stream have in common. */
const COMMON = ['id', 'object', 'created', 'model', 'service_tier', 'system_fingerprint'];

/** Writes chunks of our own that look like those of the stream they are in. */
export class Envelope {
  #text = '';
  #root: JsonNode | null = null;

  /** Remembers the first chunk that has an id; Azure's first one has an empty one. */
  read({ text, root }: JsonDocument): void {
    if (this.#root !== null) return;
    const id = member(root, 'id');
    if (id?.kind !== STRING || id.end - id.start <= 2) return;
    this.#text = text;
    this.#root = root;
  }

  chunk(choice: number, delta: object): string {
    const fields: string[] = [];
    for (const key of COMMON) {
      const node = member(this.#root, key);
      if (node !== null) fields.push(`"${key}":${this.#text.slice(node.start, node.end)}`);
    }
    fields.push(`"choices":${JSON.stringify([{ index: choice, delta, finish_reason: null }])}`);
    return `{${fields.join(',')}}`;
  }
}
