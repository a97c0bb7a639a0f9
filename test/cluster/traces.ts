import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Layout } from '../../hack/cluster/layout.ts';
import { clusterProcesses } from '../../hack/cluster/processes.ts';

const run = promisify(execFile);

/** Settings of the whole machine that a kubelet or a kube-proxy would change. */
const SETTINGS = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
  'net/ipv4/ip_forward',
  'net/netfilter/nf_conntrack_max',
];

/** Where the parts of a cluster write when nobody tells them otherwise. */
const FOLDERS = ['/etc', '/opt', '/run', '/var/lib', '/var/log', '/var/opt'];
const NAMES =
  /^(keeptrusts-cluster-test(\.lock|\.owner)?|containerd|kubelet|cni|etcd|netns|pods|containers|kubernetes)$/;

/** What a cluster could leave behind on a machine, in lines that can be compared. */
export async function tracesOf(layout: Layout): Promise<string[]> {
  const rules = await run('nft', ['--stateless', 'list', 'ruleset']);
  return [
    ...lines(readFileSync('/proc/self/mounts', 'utf8')).map((mount) => `mount ${mount}`),
    ...readdirSync('/sys/class/net').map((name) => `network device ${name}`),
    ...lines(rules.stdout).map((rule) => `firewall ${rule}`),
    ...groups().filter((name) => name.includes(layout.cgroup)),
    ...clusterProcesses(layout).map((pid) => `process ${pid}`),
    ...SETTINGS.map(setting),
    ...FOLDERS.flatMap(entries).filter((path) => NAMES.test(path.replace(/.*\//, ''))),
  ].sort();
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

function groups(): string[] {
  return readdirSync('/sys/fs/cgroup', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `control group ${entry.parentPath}/${entry.name}`);
}

function setting(name: string): string {
  const file = `/proc/sys/${name}`;
  return `setting ${name} = ${existsSync(file) ? readFileSync(file, 'utf8').trim() : 'none'}`;
}

function entries(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => `${folder}/${name}`) : [];
}
