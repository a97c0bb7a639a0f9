import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One binary that is built from a Go module beside this file. */
export interface Command {
  name: string;
  /** Folder of the module that pins it, from the folder of this file. */
  module: string;
  package: string;
}

/** Those of the API server, in the order of their building: what fails is better known early. */
export const COMMANDS: readonly Command[] = [
  { name: 'etcd', module: 'etcd', package: 'go.etcd.io/etcd/server/v3' },
  { name: 'kube-apiserver', module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  {
    name: 'kube-controller-manager',
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
  },
  { name: 'kubectl', module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kubectl' },
];

/**
 * Flags of the linker: no symbols, and the version that the servers report. Without it they say v0.0.0, which clients
 * do not accept.
 *
 * @throws Error when the text of `kubernetes/go.mod` requires no Kubernetes.
 */
export function linkerFlags(goMod: string): string {
  const [, version, major, minor] = /^\s*k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\d+)/m.exec(goMod) ?? [];
  if (version === undefined) throw new Error('kubernetes/go.mod requires no k8s.io/kubernetes');
  const set = (name: string, value: string | undefined): string =>
    `-X k8s.io/component-base/version.${name}=${value}`;
  return ['-s -w', set('gitVersion', version), set('gitMajor', major), set('gitMinor', minor)].join(' ');
}

/** Arguments of `go` that build a command into a file. */
export function buildArguments(command: Command, goMod: string, out: string): string[] {
  return ['build', '-v', '-trimpath', '-ldflags', linkerFlags(goMod), '-o', out, command.package];
}

/** Tells binaries of one content from those of another: the modules' files, how they are built, and for what machine. */
export function cacheKey(folder: string, platform: string, commands = COMMANDS): string {
  const hash = createHash('sha256');
  const add = (text: string): unknown => hash.update(`${text.length}\n${text}`);
  for (const module of new Set(commands.map((command) => command.module)))
    for (const file of sourcesOf(join(folder, module))) add(readFileSync(file, 'utf8'));
  for (const command of commands) add(buildArguments(command, goModOf(folder), '').join(' '));
  add(platform);
  return hash.digest('hex').slice(0, 16);
}

/** Files of a module, in the order of their names. */
function sourcesOf(module: string): string[] {
  return readdirSync(module, { recursive: true, encoding: 'utf8' })
    .filter((file) => /(^|\/)go\.(mod|sum)$|\.go$/.test(file))
    .sort()
    .map((file) => join(module, file));
}

export function goModOf(folder: string): string {
  return readFileSync(join(folder, 'kubernetes', 'go.mod'), 'utf8');
}
