import { fileURLToPath } from 'node:url';

const BUILT_IN = fileURLToPath(new URL('../../gateway/policies', import.meta.url));

/** The folders that `loadKindContracts` reads by default, and those given besides. */
export function kindFolders(further: readonly string[] = []): string[] {
  return [BUILT_IN, ...further];
}
