import { spawnSync } from 'node:child_process';
import { GO_VERSION } from './go-archive.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A Go that can build the modules. */
export interface Go {
  command: string;
  /** As `go1.26.8`. */
  version: string;
  env: NodeJS.ProcessEnv;
}

/** Looks for one; `none` says in a sentence why there is none. */
export type GoSearch = { go: Go } | { none: string };

/**
 * Asks Go itself whether it can read the module in a folder, so that its own rules hold: a Go that may fetch the
 * version that a module wants (`GOTOOLCHAIN`) does so.
 */
export function findGo(commands: readonly string[], moduleFolder: string, env: Environment): GoSearch {
  let none = 'Go is not installed';
  for (const command of commands) {
    const own = goEnvironment(env);
    const ask = (...args: string[]) =>
      spawnSync(command, args, { cwd: moduleFolder, env: own, encoding: 'utf8', timeout: 300_000 });
    // `go env` alone would not mind that it is too old.
    const { status, stderr, error } = ask('list', '-m');
    if (status === 0) return { go: { command, version: ask('env', 'GOVERSION').stdout.trim(), env: own } };
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') continue;
    none = `Go cannot build them: ${(stderr || error?.message || `${command} list failed`).trim()}`;
  }
  return { none };
}

/** For the whole module file and nothing else: flags and workspaces of the person are of other modules. */
function goEnvironment(env: Environment): NodeJS.ProcessEnv {
  return { ...env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };
}

/** The same search, with an installed Go told to fetch the version that we pin. */
export function findFetchingGo(moduleFolder: string, env: Environment): GoSearch {
  return findGo(['go'], moduleFolder, { ...env, GOTOOLCHAIN: GO_VERSION });
}
