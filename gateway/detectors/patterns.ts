import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { PatternVerdict } from '../contract/patterns.ts';
import type { PatternScanner } from '../policies/kind.ts';
import type { Classified } from './classify.ts';
import { patternScanner } from './pattern-scanner.ts';

/** The user-written patterns of one process. */
export interface PatternLibrary {
  /** Takes over what another process or thread has found out, so that `prepare` need not. */
  learn(classified: Iterable<readonly [source: string, classified: Classified]>): void;
  /** Classifies what is not known yet, in a worker thread. Rejects only when the thread itself fails. */
  prepare(sources: Iterable<string>): Promise<void>;
  /** What is known of a prepared pattern. @throws Error for one that was not prepared */
  verdict(source: string): PatternVerdict;
  /** Makes a scanner of a prepared pattern. @throws Error for one that was not prepared or cannot run */
  scanner(source: string): PatternScanner;
}

/** Most patterns whose classification is kept; the ones used longest ago go first. */
const MAX_KEPT = 4096;
/** A pattern that is not classified in this time, in milliseconds, is refused. */
const PATTERN_TIMEOUT_MS = 20_000;

/** Must be called once by the process's main, before any pattern is compiled. A second belt: see `redos.ts`. */
export function guardAgainstBacktracking(): void {
  setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
}

export function createPatternLibrary(): PatternLibrary {
  const known = new Map<string, Classified>();
  const keep = (source: string, classified: Classified): void => {
    known.set(keyOf(source), classified);
    while (known.size > MAX_KEPT) known.delete(known.keys().next().value ?? '');
  };
  const lookUp = (source: string): Classified => {
    const key = keyOf(source);
    const classified = known.get(key);
    if (classified === undefined) throw new Error('the pattern was not prepared');
    known.delete(key);
    known.set(key, classified);
    return classified;
  };
  return {
    learn(classified) {
      for (const [source, one] of classified) keep(source, one);
    },
    async prepare(sources) {
      let todo = [...new Set(sources)].filter((source) => !known.has(keyOf(source)));
      while (todo.length > 0) {
        const stuck = await classifyInWorker(todo, keep);
        if (stuck !== null) {
          const error = `the pattern could not be judged within ${PATTERN_TIMEOUT_MS / 1000} seconds: simplify it`;
          keep(stuck, { verdict: { ok: false, error }, reach: { engine: 'window' } });
        }
        todo = todo.filter((source) => !known.has(keyOf(source)));
      }
    },
    verdict: (source) => lookUp(source).verdict,
    scanner: (source) => patternScanner(source, lookUp(source)),
  };
}

const keyOf = (source: string): string => createHash('sha256').update(source).digest('base64');

/** Resolves to the pattern that took too long, or to `null` when all are done. */
async function classifyInWorker(
  sources: readonly string[],
  keep: (source: string, classified: Classified) => void,
): Promise<string | null> {
  // From the built tree the worker is a `.js`, from the sources a `.ts`: the same ending as this file's.
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const worker = new Worker(new URL(`./classify-worker${ending}`, import.meta.url), { workerData: sources });
  let done = 0;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string | null>((resolve, reject) => {
      const watch = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => resolve(sources[done] ?? null), PATTERN_TIMEOUT_MS);
      };
      watch();
      worker.on('message', ([source, classified]: [string, Classified]) => {
        keep(source, classified);
        done += 1;
        if (done === sources.length) resolve(null);
        else watch();
      });
      worker.on('error', reject);
      worker.on('exit', () => reject(new Error('the thread that classifies patterns ended early')));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
