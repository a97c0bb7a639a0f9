import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { hostname } from 'node:os';
import { dirname, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadKindContracts } from '../gateway/contract/kinds.ts';
import type { ControlPlaneDeps } from './control-plane.ts';
import { readCrds } from './local/crds.ts';
import type { FolderDeps } from './local/folder.ts';
import { systemClock } from './runtime/clock.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The gateway's image of this release. */
const IMAGE = 'keeptrusts/gateway:0.1.0';

/**
 * What the control plane is made with on a real machine: the system's clock, the CRDs of this package, and the
 * gateway of this checkout under the Node that runs us.
 * @throws Error where the package has no CRDs, as after an incomplete build
 */
export async function localDeps(
  node: string,
  platform: string,
): Promise<
  Omit<ControlPlaneDeps & FolderDeps & { hostname: string }, 'log' | 'secretVariables' | 'report' | 'lost'>
> {
  // `.ts` in a checkout, `.js` where it was built.
  const extension = extname(fileURLToPath(import.meta.url));
  const crds = readCrds(here('../crds'));
  if (crds.length === 0) {
    throw new Error(
      `there are no CRDs in ${here('../crds')}, so that no resource could be checked; build with 'npm run build'`,
    );
  }
  return {
    crds,
    image: IMAGE,
    kinds: await loadKindContracts(),
    clock: systemClock,
    random: Math.random,
    uuid: randomUUID,
    hostname: hostname(),
    gatewayCommand: [node, ...gatewayNodeFlags(), here(`../gateway/main${extension}`)],
    gatewayEnv: compileCacheEnv(),
    gatewayFlags: ['--exit-with-stdin', ...(platform === 'linux' ? ['--reuse-port'] : [])],
  };
}

/** The flags of Node that a gateway is measured with; `docs/performance.md` says what they are worth. */
function gatewayNodeFlags(): string[] {
  return JSON.parse(readFileSync(here('../gateway/package.json'), 'utf8')).config.nodeFlags;
}

/** Gateways keep compiled code where we do: without it a start takes three times as much of the processor. */
function compileCacheEnv(): Record<string, string> {
  const dir = getCompileCacheDir();
  // It is a folder for this very version of Node, below the one that was named.
  return dir === undefined ? {} : { NODE_COMPILE_CACHE: dirname(dir) };
}
