import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { scratchFolder } from './cache.ts';
import { buildArguments, COMMANDS, type Command, goModOf } from './commands.ts';
import type { Go } from './go.ts';
import { Progress } from './progress.ts';

export interface BuildOptions {
  /** Asked for when something is to be built. */
  go: Go | (() => Promise<Go>);
  /** Where the modules lie: the folder of this file. */
  modules: string;
  /** Gets the binaries. Each is put there whole, so two builds at once do no harm and a broken one is continued. */
  out: string;
  /** What to build; by default what an API server needs. */
  commands?: readonly Command[];
  say(line: string): void;
}

/** A module could not be downloaded. */
class ModulesWanted extends Error {}

/** Between two lines of progress, in milliseconds. */
const PROGRESS_MS = 15_000;

/**
 * Builds what the folder lacks.
 *
 * @throws Error with what Go said.
 */
export async function buildBinaries(options: BuildOptions): Promise<void> {
  const missing = (options.commands ?? COMMANDS).filter(({ name }) => !existsSync(join(options.out, name)));
  if (missing.length === 0) return;
  const go = typeof options.go === 'function' ? await options.go() : options.go;
  options.say(
    `Building ${missing.map(({ name }) => name).join(', ')} with ${go.version} into ${options.out}, ` +
      'once for each change of their versions. The first time takes some ten minutes on two cores, and 4 GB in the caches of Go.',
  );
  await mkdir(options.out, { recursive: true });
  const scratch = await scratchFolder(options.out);
  try {
    for (const command of missing) {
      const file = join(scratch, command.name);
      await buildOne(command, file, { ...options, go }).catch((fault: Error) => {
        if (!(fault instanceof ModulesWanted)) throw fault;
        // Hundreds of downloads, which Go does not repeat, and keeps those that it has.
        options.say(`${fault.message}\nTrying once more.`);
        return buildOne(command, file, { ...options, go });
      });
      await rename(join(scratch, command.name), join(options.out, command.name));
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function buildOne(
  command: Command,
  file: string,
  { go, modules, say }: BuildOptions & { go: Go },
): Promise<void> {
  const child = spawn(go.command, buildArguments(command, goModOf(modules), file), {
    cwd: join(modules, command.module),
    env: go.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const progress = new Progress(command.name, performance.now());
  const timer = setInterval(() => say(progress.line(performance.now())), PROGRESS_MS);
  const stop = (): unknown => child.kill();
  // Go would otherwise go on for minutes after its parent.
  process.once('exit', stop);
  try {
    createInterface({ input: child.stderr }).on('line', (line) => progress.read(line));
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw new (progress.wantsModules ? ModulesWanted : Error)(progress.failure(code));
    say(progress.end(performance.now()));
  } finally {
    clearInterval(timer);
    process.off('exit', stop);
  }
}
