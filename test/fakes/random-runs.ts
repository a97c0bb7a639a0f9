import { asyncDefaultReportMessage, type Parameters } from 'fast-check';

const SEED = 'KT_RANDOM_SEED';
const RUNS = 'KT_RANDOM_RUNS';

/** The same random values at each run, so that none is red by luck; others, and more of them, are asked for by name. */
export function randomRuns<T>(runs: number): Parameters<T> {
  const seed = numberOf(SEED) ?? 20_280_229;
  const numRuns = numberOf(RUNS) ?? runs;
  return {
    seed,
    numRuns,
    includeErrorInReport: true,
    asyncReporter: async (details) => {
      if (!details.failed) return;
      const again = `${SEED}=${seed} ${RUNS}=${numRuns} makes the same values again; another seed makes others.`;
      throw new Error(`${await asyncDefaultReportMessage(details)}\n\n${again}`);
    },
  };
}

function numberOf(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  if (!/^-?\d{1,10}$/.test(text)) throw new Error(`${variable} must be a whole number, not ${text}`);
  return Number(text);
}
