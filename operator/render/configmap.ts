import { gunzipSync, gzipSync } from 'node:zlib';
import type { KubeObject, Manifest } from '../runtime/objects.ts';
import type { RenderInput } from './input.ts';
import { childMetadata } from './metadata.ts';
import { CONFIG_KEYS } from './names.ts';

export const REVISION_ANNOTATION = 'governance.keeptrusts.com/revision';
export const HASH_ANNOTATION = 'governance.keeptrusts.com/hash';

/** On a pod: the revision that its kubelet was told to look for, and how often. */
export const CONFIG_REVISION_ANNOTATION = 'governance.keeptrusts.com/config-revision';

/** Bytes of all texts up to which people can read all of them: a ConfigMap holds 1 MiB, and no gateway reads these. */
const PLAIN_BYTES = 256 * 1024;

/** Of a text that was compressed: a hand may have put in anything. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

/** The document that the gateway reads, the specifications that it came from, and the source of each part. */
export function renderConfigMap(input: RenderInput): Manifest {
  const document = { [CONFIG_KEYS.document]: input.document };
  const beside = { [CONFIG_KEYS.accepted]: input.accepted, [CONFIG_KEYS.sources]: input.sources };
  const texts = Object.values({ ...document, ...beside });
  const plain = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) <= PLAIN_BYTES;
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: childMetadata(input, {
      [REVISION_ANNOTATION]: String(input.revision.number),
      [HASH_ANNOTATION]: input.revision.hash,
    }),
    ...(plain ? { data: { ...document, ...beside } } : { data: document, binaryData: compressed(beside) }),
  };
}

/** The specifications in a ConfigMap, as text; undefined where there are none that can be read. */
export function acceptedIn({ data, binaryData }: KubeObject): string | undefined {
  const packed = (binaryData as Record<string, string> | undefined)?.[packedKey(CONFIG_KEYS.accepted)];
  if (packed === undefined) return data?.[CONFIG_KEYS.accepted];
  try {
    return gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: MAX_TEXT_BYTES }).toString();
  } catch {
    return undefined;
  }
}

function compressed(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [packedKey(key), gzipSync(text).toString('base64')]),
  );
}

function packedKey(key: string): string {
  return `${key}.gz`;
}
