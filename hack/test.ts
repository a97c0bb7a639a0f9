/**
 * Runs the tests, tier by tier: `npm test [-- PATH…]`. Its last line is `N passed, N failed, N skipped`.
 *
 * A tier is a kind of surroundings that tests need. `KT_TIERS=pure,process` names those that must run: a named tier
 * that cannot run here is a failure, one that was not named is reported as skipped with the reason.
 */
import { globSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import Mocha from 'mocha';
import { apiServerObstacle, prepareApiServer } from './api-server/tier.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

interface Tier {
  name: string;
  /** Folders below `test/`; the first tier takes whatever no other names. */
  folders: readonly string[];
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
  { name: 'pure', folders: [], obstacle: () => null },
  {
    name: 'process',
    folders: ['integration', 'faults', 'conformance', 'issues'],
    obstacle: () => (process.platform === 'win32' ? 'it needs POSIX signals and symbolic links' : null),
  },
  {
    name: 'api-server',
    folders: ['api-server'],
    obstacle: (asked) => apiServerObstacle(process.env, asked),
    prepare: () => prepareApiServer(process.env, (line) => console.log(line)),
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

/** Seconds from which a file is named as slow. */
const SLOW_S = 10;

let [passed, failed] = [0, 0];
const skipped: string[] = [];

async function runFiles(own: readonly string[]): Promise<Mocha.Stats> {
  const mocha = new Mocha({
    timeout: 30_000,
    reporter: 'dot',
    forbidOnly: true,
    color: process.stdout.isTTY,
  });
  for (const file of own) mocha.addFile(file);
  await mocha.loadFilesAsync();
  const seconds = new Map<string, number>();
  const runner = await new Promise<Mocha.Runner>((resolve) => {
    const running = mocha.run(() => resolve(running));
    running.on('pending', (test) => skipped.push(`${relative(root, test.file ?? '')}: ${test.fullTitle()}`));
    let begun = 0;
    running.on('suite', (suite) => {
      if (suite.parent?.root === true) begun = performance.now();
    });
    running.on('suite end', (suite) => {
      if (suite.parent?.root !== true) return;
      const file = relative(root, suite.file ?? '');
      seconds.set(file, (seconds.get(file) ?? 0) + (performance.now() - begun) / 1000);
    });
  });
  tellSlowest(seconds);
  return runner.stats!;
}

/** Files that take long, for whoever wants the run to be shorter. */
function tellSlowest(seconds: ReadonlyMap<string, number>): void {
  const slowest = [...seconds].sort(([, a], [, b]) => b - a).filter(([, time]) => time > SLOW_S);
  if (slowest.length === 0) return;
  const lines = slowest.slice(0, 12).map(([file, time]) => `${time.toFixed(0).padStart(4)} s  ${file}`);
  console.log(`slowest files:\n${lines.join('\n')}`);
}

for (const tier of tiers) {
  const own = files.filter((file) => tierOf(file) === tier);
  if (own.length === 0) continue;
  const asked = named.includes(tier.name);
  const obstacle = tier.obstacle(asked);
  if (obstacle !== null) {
    if (asked) {
      console.error(`tier ${tier.name} was named but cannot run here: ${obstacle}`);
      failed += 1;
    } else {
      skipped.push(`tier ${tier.name}: ${obstacle}`);
    }
    continue;
  }
  console.log(`\ntier ${tier.name}: ${own.length} files`);
  let surroundings: Surroundings | undefined;
  try {
    surroundings = await tier.prepare?.();
  } catch (error) {
    console.error(`tier ${tier.name} could not be prepared: ${(error as Error).message}`);
    failed += 1;
    continue;
  }
  Object.assign(process.env, surroundings?.env);
  try {
    const stats = await runFiles(own);
    passed += stats.passes;
    failed += stats.failures;
  } catch (error) {
    // A file that cannot be loaded: mocha ran none of them.
    console.error(error);
    failed += 1;
  }
  await surroundings?.stop();
}

if (skipped.length > 0) console.log(`\nskipped:\n  ${skipped.join('\n  ')}`);
if (passed + failed === 0) {
  console.error('no test ran');
  failed += 1;
}
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exit(failed === 0 ? 0 : 1);
