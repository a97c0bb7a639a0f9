import { expect } from 'chai';
import { sources, tools } from './sources.ts';

/** Functions and constants that a module needs itself and shows to tests only: what they hold cannot be seen from outside. */
const FOR_TESTS: ReadonlySet<string> = new Set([
  'gateway/budget/cost.ts USAGE_CLASSES',
  'gateway/contract/event-query.ts makeCursor',
  'gateway/contract/evidence.ts nodeHash',
  // Reads back what `writePolicyConfig` wrote; running gateways read in a worker.
  'gateway/contract/read.ts readPolicyConfig',
  'gateway/detectors/fuzzy.ts distanceFor',
  'gateway/detectors/marking.ts MARKING_PATTERNS',
  'gateway/detectors/pii/checksums.ts luhn',
  'gateway/detectors/pii/types.ts PII_PATTERNS',
  'gateway/events/fit.ts MAX_EVENT_BYTES',
  'gateway/json/read.ts MAX_DEPTH',
  'gateway/pipeline/text-run.ts SLICE_UNITS',
  'operator/domain/mapping.ts settingsToDocument',
  'operator/local/node/ports.ts isFree',
  'operator/runtime/log.ts silentLog',
]);

/** Loaded by the name of their folder. */
const LOADED = /^gateway\/policies\/[a-z-]+\/(lint|kind|index)\.ts$/;

const EXPORT = /^export (?:async )?(?:function\*?|const) (\w+)/gm;
const files = [...sources.values()].filter(({ path }) => !path.startsWith('crds/'));
const words = new Map([...files, ...tools].map(({ path, text }) => [path, new Set(text.match(/\w+/g))]));

/** `path name` of each exported function and constant that no other source file imports. */
function unused(): string[] {
  return files
    .filter(({ path }) => !LOADED.test(path))
    .flatMap((file) => {
      const users = [...files, ...tools].filter(({ local }) => local.includes(file.path));
      return [...file.text.matchAll(EXPORT)]
        .map(([, name]) => name!)
        .filter((name) => !users.some((user) => words.get(user.path)?.has(name)))
        .map((name) => `${file.path} ${name}`);
    });
}

describe('exports', () => {
  const found = unused();

  it('has another source file that imports it, for each function and constant', () => {
    expect(found.filter((name) => !FOR_TESTS.has(name))).to.deep.equal([]);
  });

  it('lists for tests only what no source file imports', () => {
    expect([...FOR_TESTS].filter((name) => !found.includes(name))).to.deep.equal([]);
  });
});
