/**
 * Runs the tests, tier by tier: `npm test [-- PATH…]`. Its last line is `N passed, N failed, N skipped`.
 *
 * A tier is a kind of surroundings that tests need. `KT_TIERS=pure,process` names those that must run: a named tier
 * that cannot run here is a failure, one that was not named is reported as skipped with the reason.
 */
import { existsSync, globSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiServerObstacle, prepareApiServer } from './api-server/tier.ts';
import { clusterObstacle, prepareCluster } from './cluster/tier.ts';
import { type FileResult, runInLanes } from './test/lanes.ts';
import { Report } from './test/report.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

interface Tier {
  name: string;
  /** Folders below `test/`; the first tier takes whatever no other names. */
  folders: readonly string[];
  /** How many of its files run side by side, each in a process; they share the surroundings. */
  lanes: number;
  /** Files that take long, begun first so that none of them runs on alone at the end. */
  first?: readonly string[];
  /** Files that run when all others have ended: they measure what others beside them would disturb. */
  alone?: readonly string[];
  /** Why it cannot run here, or null. `asked` says that `KT_TIERS` names it. */
  obstacle(asked: boolean): string | null;
  /** Makes what its tests need. `env` is theirs while they run. @throws Error in words for people */
  prepare?(): Promise<Surroundings>;
}

interface Surroundings {
  env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const tiers: readonly Tier[] = [
  { name: 'pure', folders: [], obstacle: () => null, lanes: 2 },
  {
    name: 'process',
    folders: ['integration', 'faults', 'conformance', 'issues'],
    lanes: 2,
    first: [
      'test/integration/kt-up.test.ts',
      'test/integration/gateway-process.test.ts',
      'test/integration/build.test.ts',
      'test/integration/kt-gateway-run.test.ts',
      'test/integration/operator/real-gateway.test.ts',
    ],
    // Requests at a fixed rate, or how long others wait.
    alone: [
      'test/faults/control-plane-away.test.ts',
      'test/faults/gateway-kill.test.ts',
      'test/faults/reload-kt-up.test.ts',
      'test/faults/reload.test.ts',
      'test/issues/large-body-beside-others.test.ts',
      'test/issues/many-values-beside-others.test.ts',
    ],
    obstacle: () => (process.platform === 'win32' ? 'it needs POSIX signals and symbolic links' : null),
  },
  {
    name: 'api-server',
    folders: ['api-server'],
    lanes: 3,
    first: [
      'test/api-server/faults/convergence.test.ts',
      'test/api-server/leader.test.ts',
      'test/api-server/api-server-away.test.ts',
      'test/api-server/scale.test.ts',
      'test/api-server/faults/kill.test.ts',
    ],
    // An edit is enforced within two seconds.
    alone: ['test/api-server/governed.test.ts'],
    obstacle: (asked) => apiServerObstacle(process.env, asked),
    prepare: () => prepareApiServer(process.env, (line) => console.log(line)),
  },
  {
    name: 'node',
    folders: ['cluster'],
    // They measure how fast a change arrives on a node that has two processors for all.
    lanes: 1,
    // Ends the cluster.
    alone: ['test/cluster/up-and-down.test.ts'],
    obstacle: (asked) => clusterObstacle(process.env, asked),
    prepare: () => prepareCluster(process.env, (line) => console.log(line), interruption.signal),
  },
];

const named = (process.env['KT_TIERS'] ?? '').split(',').filter((name) => name !== '');
const unknown = named.filter((name) => !tiers.some((tier) => tier.name === name));
if (unknown.length > 0) {
  console.error(
    `KT_TIERS names no tier of ours: ${unknown.join(', ')}. There are ${tiers.map((t) => t.name).join(', ')}.`,
  );
  process.exit(2);
}

function tierOf(file: string): Tier {
  const folder = relative(join(root, 'test'), file).split('/')[0] ?? '';
  return tiers.find((tier) => tier.folders.includes(folder)) ?? tiers[0]!;
}

const wanted = process.argv.slice(2);
const files = globSync('test/**/*.test.ts', { cwd: root })
  .filter((file) => wanted.length === 0 || wanted.some((prefix) => file.startsWith(prefix)))
  .sort()
  .map((file) => join(root, file));

/** Milliseconds that one file may take; the longest takes less than two minutes on a quiet machine. */
const FILE_LIMIT_MS = 600_000;

const color = process.stdout.isTTY === true;
const interruption = new AbortController();
// At each of them: a terminal sends one, and the launcher another.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interruption.abort());

const report = new Report(root, (line) => console.log(line));

/** Files of a list that are to run. @throws Error where a list names a file that is no longer there */
function listed(list: readonly string[] = []): string[] {
  for (const path of list)
    if (!existsSync(join(root, path))) throw new Error(`hack/test.ts names ${path}, which is not there`);
  return list.map((path) => join(root, path)).filter((file) => files.includes(file));
}

async function runTier(tier: Tier, own: readonly string[], env: Surroundings['env']): Promise<void> {
  const run = (some: readonly string[], lanes: number): Promise<void> =>
    runInLanes(
      some,
      { lanes, limitMs: FILE_LIMIT_MS, env, color, signal: interruption.signal },
      (result: FileResult) => report.add(result),
    );
  const alone = listed(tier.alone);
  const first = listed(tier.first);
  const rest = own.filter((file) => !first.includes(file) && !alone.includes(file));
  await run([...first, ...rest], tier.lanes);
  await run(alone, 1);
}

for (const tier of tiers) {
  const own = files.filter((file) => tierOf(file) === tier);
  if (own.length === 0) continue;
  const asked = named.includes(tier.name);
  const obstacle = tier.obstacle(asked);
  if (obstacle !== null) {
    if (asked) report.fail(`tier ${tier.name} was named but cannot run here: ${obstacle}`);
    else report.skip(`tier ${tier.name}: ${obstacle}`);
    continue;
  }
  console.log(`\ntier ${tier.name}: ${own.length} files`);
  const begin = performance.now();
  let surroundings: Surroundings | undefined;
  try {
    surroundings = await tier.prepare?.();
  } catch (error) {
    report.fail(`tier ${tier.name} could not be prepared: ${(error as Error).message}`);
    continue;
  }
  await runTier(tier, own, surroundings?.env ?? {});
  await surroundings?.stop();
  report.endTier(tier.name, (performance.now() - begin) / 1000);
  if (interruption.signal.aborted) report.fail('the run was interrupted');
  if (interruption.signal.aborted) break;
}

process.exit(report.end() ? 0 : 1);
