import { readFileSync, writeFileSync } from 'node:fs';
import type { Host } from './configuration.ts';
import type { Layout } from './layout.ts';

/** What the supervisor of a cluster is told by who starts it. */
export interface ClusterOptions {
  host: Host;
  /** Programs by name: those of the cluster, and `containerd` and `ctr` of this machine. */
  programs: Readonly<Record<string, string>>;
  /** Archives of images to have from the start. */
  images: readonly string[];
}

export function writeOptions({ paths }: Layout, options: ClusterOptions): void {
  writeFileSync(paths.options, JSON.stringify(options));
}

/** Of the cluster that is here. @throws Error when there is none */
export function readOptions({ paths }: Layout): ClusterOptions {
  return JSON.parse(readFileSync(paths.options, 'utf8')) as ClusterOptions;
}
