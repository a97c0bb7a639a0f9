import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeExclusive } from './exclusive.ts';
import { type Layout, npmCommand } from './layout.ts';
import { processAt } from './process-at.ts';

/**
 * Who has the cluster of a place: a run of tests, which removes it at its end, or `up`, whose cluster stays until
 * `down`.
 */
export interface Owner {
  /** A process that lives as long as the use: that of the tests, or what starts the cluster and then its first one. */
  pid: number;
  /** When it started, in ticks since boot: another process may have got the id. */
  start: string;
  use: 'tests' | 'up';
  /** Its checkout. */
  folder: string;
}

/** The owner, while its process lives; else null, and what is there of a cluster is a leftover. */
export function ownerOf(file: string): Owner | null {
  return living(parsed(read(file)));
}

/** Makes a process the owner in the place of none, of one that has ended or of this process. False where another is. */
export function claim(file: string, wanted: Omit<Owner, 'start'>): boolean {
  const start = processAt(wanted.pid)?.start;
  if (start === undefined) return false;
  mkdirSync(dirname(file), { recursive: true });
  // Linked to its name when it is written: nobody reads half of it.
  const content = JSON.stringify({ ...wanted, start } satisfies Owner);
  return makeExclusive(file, content, (present) => {
    const owner = living(parsed(present));
    return owner === null || owner.pid === process.pid;
  });
}

/** Ends the use of a cluster that is removed. A run of other tests keeps it: they make another. */
export function release(file: string): void {
  const owner = ownerOf(file);
  if (owner === null || owner.use === 'up' || owner.pid === process.pid) rmSync(file, { force: true });
}

/** The run of tests that has the cluster, unless this process belongs to it. */
export function testsOfOthers(file: string): Owner | null {
  const owner = ownerOf(file);
  return owner?.use === 'tests' && !belongsTo(owner) ? owner : null;
}

/** What it is used for, and how that is ended. */
export function told({ pid, use, folder }: Owner, layout: Layout): string {
  return use === 'tests'
    ? `process ${pid} runs tests of ${folder} on it`
    : `it was started from ${folder} with ${npmCommand(layout, 'up')}, and ${npmCommand(layout, 'down')} removes it`;
}

function belongsTo({ pid }: Owner): boolean {
  for (let at = process.pid; at > 0; at = processAt(at)?.parent ?? 0) if (at === pid) return true;
  return false;
}

function living(owner: Owner | null): Owner | null {
  return owner !== null && processAt(owner.pid)?.start === owner.start ? owner : null;
}

function parsed(text: string): Owner | null {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return null;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
