import { Lane } from './lane-process.ts';
import type { Outcome } from './run-file.ts';

export interface FileResult extends Outcome {
  file: string;
  seconds: number;
  /** What its tests and the programs they started wrote. */
  output: string;
}

export interface LanesOptions {
  /** How many processes run files side by side. */
  lanes: number;
  /** Milliseconds that one file may take. */
  limitMs: number;
  /** Of the tests, beside that of this process. */
  env: Readonly<Record<string, string>>;
  color: boolean;
  /** Ends all processes at once; the files that are left are not run, and the one that runs is not told of. */
  signal: AbortSignal;
}

/**
 * Runs files of tests in several processes, each of which takes the next file when it has ended one, in the order
 * given, and tells of each file as it ends. A process that ends or does not come to an end is a failure of its file.
 */
export async function runInLanes(
  files: readonly string[],
  options: LanesOptions,
  tell: (result: FileResult) => void,
): Promise<void> {
  const { lanes, limitMs, env, color, signal } = options;
  const queue = [...files];
  const next = (): string | undefined => (signal.aborted ? undefined : queue.shift());

  async function work(): Promise<void> {
    let lane: Lane | undefined;
    const end = (): void => lane?.kill('it was interrupted');
    // A process that ends between two files was ended by something that the earlier one left behind.
    const replaceEnded = (last: string): void => {
      if (lane === undefined || !lane.ended) return;
      tell({ file: last, seconds: 0, ...lane.lost('after the tests had ended') });
      lane = undefined;
    };
    signal.addEventListener('abort', end);
    let last = '';
    for (let file = next(); file !== undefined; file = next()) {
      replaceEnded(last);
      lane ??= new Lane(env);
      last = file;
      const begin = performance.now();
      const outcome = await lane.run(file, { color, limitMs });
      if (signal.aborted) break;
      const seconds = (performance.now() - begin) / 1000;
      tell({ file, seconds, ...outcome });
      if (lane.ended) lane = undefined;
    }
    signal.removeEventListener('abort', end);
    if (!signal.aborted) replaceEnded(last);
    await lane?.stop();
  }
  await Promise.all(Array.from({ length: Math.min(lanes, files.length) }, work));
}
