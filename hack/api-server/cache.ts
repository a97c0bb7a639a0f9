import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder of this user where builds of ours are kept: a second checkout finds what the first one made. */
export function userCache(env: Readonly<Record<string, string | undefined>>): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base !== undefined && base !== '' ? base : join(homedir(), '.cache'), 'keeptrusts');
}
