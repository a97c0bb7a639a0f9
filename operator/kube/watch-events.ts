import { isRecord } from '../runtime/json.ts';
import type { KubeObject } from '../runtime/objects.ts';
import { decodeObject, Malformed } from './decode.ts';
import { refusal } from './errors.ts';
import { readLines } from './lines.ts';
import type { Resource } from './resources.ts';

export type WatchEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: KubeObject }
  /** Nothing happened up to this version. */
  | { type: 'BOOKMARK'; resourceVersion: string };

/**
 * The events of a watch. The library's `Watch` drops a line that it cannot parse; here nothing is dropped, since
 * what it said would be missing from the cache until the next list.
 *
 * @throws Malformed
 * @throws KubeError for an `ERROR` event, such as 410
 */
export async function* readEvents(
  chunks: AsyncIterable<Uint8Array>,
  resource: Resource,
): AsyncGenerator<WatchEvent> {
  for await (const line of readLines(chunks)) {
    if (line.trim() !== '') yield readEvent(line, resource);
  }
}

function readEvent(line: string, resource: Resource): WatchEvent {
  const { type, object } = parse(line);
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: decodeObject(object, resource) };
    case 'BOOKMARK':
      return { type, resourceVersion: versionOf(object) };
    case 'ERROR': {
      const status = isRecord(object) && typeof object['code'] === 'number' ? object['code'] : 500;
      throw refusal(status, JSON.stringify(object ?? {}), `watch ${resource.kind}`);
    }
    default:
      throw new Malformed(`an event of type ${JSON.stringify(type)?.slice(0, 50)}`);
  }
}

function parse(line: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    // The parser's message quotes the line.
    throw new Malformed('an event that is no JSON');
  }
  if (!isRecord(parsed)) throw new Malformed('an event that is no object');
  return parsed;
}

/** Opaque: kept and handed back, never compared but for equality. */
function versionOf(object: unknown): string {
  const metadata = isRecord(object) ? object['metadata'] : undefined;
  const version = isRecord(metadata) ? metadata['resourceVersion'] : undefined;
  if (typeof version !== 'string' || version === '')
    throw new Malformed('a bookmark without resourceVersion');
  return version;
}
