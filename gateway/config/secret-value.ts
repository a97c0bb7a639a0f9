import { isAbsolute, join, normalize, sep } from 'node:path';
import type { SecretRef } from '../contract/document.ts';
import { readBounded } from './read-bounded.ts';

/** A value that was found, or why there is none. The reason names the place, never the value. */
export type SecretValue = { ok: true; value: string } | { ok: false; problem: string };

/** Characters of a credential. */
const MAX_CHARS = 16_384;
/** Of a file: the credential, and what white space may stand around it. */
const MAX_FILE_BYTES = 65_536;

/** Where the reference points, as a key for maps and for people. */
export function placeOf(ref: SecretRef): string {
  if ('env' in ref) return `env ${ref.env}`;
  return 'store' in ref ? `store ${ref.store}` : `file ${ref.file}`;
}

/** Path of the file behind a reference, null for the environment, or why there can be none. */
export function fileOf(
  ref: SecretRef,
  secretsDir: string | null,
): { path: string | null } | { problem: string } {
  if ('env' in ref) return { path: null };
  const name = 'store' in ref ? ref.store : ref.file;
  if (!('store' in ref) && isAbsolute(name)) return { path: name };
  if (secretsDir === null) return { problem: `there is no folder of secrets to find ${placeOf(ref)} in` };
  const path = normalize(join(secretsDir, name));
  const inside = path.startsWith(normalize(secretsDir + sep));
  return inside ? { path } : { problem: `${placeOf(ref)} leads out of the folder of secrets` };
}

export function fromEnvironment(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): SecretValue {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined) return { ok: false, problem: `the environment variable ${name} is not set` };
  return usable(value, `the environment variable ${name}`);
}

export async function fromFile(path: string): Promise<SecretValue> {
  try {
    const raw = await readBounded(path, MAX_FILE_BYTES);
    if (raw === null) return { ok: false, problem: `the file ${path} holds over ${MAX_FILE_BYTES} bytes` };
    return usable(raw, `the file ${path}`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    const why = code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
    return { ok: false, problem: `the file ${path} ${why}` };
  }
}

/** A credential goes into a header: one line of printable ASCII. The line end that editors add is not part of it. */
function usable(raw: string, where: string): SecretValue {
  const value = raw.trim();
  if (value === '') return { ok: false, problem: `${where} is empty` };
  if (value.length > MAX_CHARS) return { ok: false, problem: `${where} holds over ${MAX_CHARS} characters` };
  if (!/^[\x20-\x7e]+$/.test(value)) {
    return { ok: false, problem: `${where} holds more than one line or characters that no header can carry` };
  }
  return { ok: true, value };
}
