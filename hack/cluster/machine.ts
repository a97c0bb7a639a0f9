import { existsSync, statfsSync } from 'node:fs';
import { onPath } from '../api-server/binaries.ts';
import type { Host } from './configuration.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Debian's and Ubuntu's package of each program that a cluster takes from the machine. */
const PACKAGES: Readonly<Record<string, string>> = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  nft: 'nftables',
  iptables: 'iptables',
  ip: 'iproute2',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
};

const PLUGIN_FOLDERS: readonly string[] = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'];
const PLUGIN_PACKAGE = 'containernetworking-plugins';
/** Those that `configuration.ts` names. */
const PLUGINS: readonly string[] = ['ptp', 'host-local', 'portmap'];

/** What `statfs` says of an overlay, on which no other can be stacked. */
const OVERLAY_MAGIC = 0x794c7630;

/** What a cluster needs of the machine, for a person without the folders of system programs on the path too. */
export interface Machine {
  path: string;
  networkPlugins: string | null;
  find(program: string): string | null;
}

export function thisMachine(env: Environment): Machine {
  const path = `${env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`;
  return {
    path,
    networkPlugins:
      PLUGIN_FOLDERS.find((folder) => PLUGINS.every((name) => existsSync(`${folder}/${name}`))) ?? null,
    find: (program) => onPath(program, path),
  };
}

/** Why a cluster cannot run here, and what to do, in one message; or null. */
export function machineObstacle(machine: Machine, platform: string, user: number | undefined): string | null {
  if (platform !== 'linux') return 'it needs Linux: use hack/kind with Docker here';
  if (user !== 0) return 'it needs root, for control groups, mounts and network devices: start it with sudo';
  const names = missingPackages(machine).join(' ');
  if (names === '') return null;
  return `it lacks ${names}. On Debian and Ubuntu: apt-get update && apt-get install --no-install-recommends ${names}`;
}

/** Names of Debian's and Ubuntu's packages that bring what the machine lacks. */
export function missingPackages(machine: Machine): string[] {
  const missing = new Set(
    Object.entries(PACKAGES)
      .filter(([program]) => machine.find(program) === null)
      .map(([, name]) => name),
  );
  if (machine.networkPlugins === null) missing.add(PLUGIN_PACKAGE);
  return [...missing];
}

/** @throws Error when the machine has no network plugins. */
export function hostOf({ networkPlugins }: Machine, stateParent: string): Host {
  if (networkPlugins === null) throw new Error(`${PLUGIN_PACKAGE} is not installed`);
  return {
    networkPlugins,
    snapshotter: statfsSync(stateParent).type === OVERLAY_MAGIC ? 'native' : 'overlayfs',
  };
}
