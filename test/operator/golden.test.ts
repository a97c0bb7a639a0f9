import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CHILD_KINDS } from '../../operator/render/index.ts';
import { TestFolder } from '../fakes/folder.ts';
import { OperatorSteps } from '../fakes/operator-steps.ts';
import { outputs } from '../golden-runner/outputs.ts';
import { readScenario, scenarios } from '../golden-runner/scenario.ts';

/**
 * The scenarios of `test/golden/operator` over the store of local mode. `test/api-server/golden.test.ts` runs them on
 * a real API server. `KT_UPDATE_GOLDEN=1` writes the `out.*` files.
 */
const update = process.env['KT_UPDATE_GOLDEN'] === '1';

const all = scenarios();
const here = all.filter(({ needs }) => needs.length === 0);

function outputsOf(operator: OperatorSteps): Record<string, string> {
  const { cache } = operator.store;
  const children = CHILD_KINDS.flatMap((kind) => cache.list(kind));
  return outputs({ ours: operator.ours(), children, refused: operator.errors });
}

describe('golden cases', () => {
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  for (const { name, folder: path, steps } of here) {
    it(name.replaceAll('-', ' '), async () => {
      const operator = new OperatorSteps(folder.path);
      for (const { resources } of steps) {
        await operator.step(resources!);
        await operator.clock.advance(1000);
      }
      for (const [file, text] of Object.entries(outputsOf(operator))) {
        if (update) writeFileSync(join(path, file), text);
        expect(text, file).to.equal(readFileSync(join(path, file), 'utf8'));
      }
    });
  }

  it('hold over a restart: what was accepted stays in force while the object is invalid', async () => {
    const { steps } = readScenario('an-invalid-edit-keeps-the-whole-last-accepted-policy');
    const before = new OperatorSteps(folder.path);
    for (const { resources } of steps) await before.step(resources!);
    const after = new OperatorSteps(folder.path, 100);
    await after.reconcile();
    expect(outputsOf(after)).to.deep.equal(outputsOf(before));
    expect(outputsOf(after)['out.config.yaml']).to.contain('PRJ-[0-9]{4}');
  });

  it('are all run here but those that name what only an API server has', () => {
    expect(here.length).to.be.at.least(21);
    const others = all.filter(({ needs }) => needs.length > 0).map(({ name }) => name);
    expect(others).to.deep.equal(API_SERVER_ONLY);
  });
});

/** What the store of local mode has not: other field managers, permissions. */
const API_SERVER_ONLY = [
  'a-foreign-object-that-holds-a-name-is-not-taken-over',
  'what-others-change-is-put-back-and-what-they-add-stays',
  'writes-that-are-forbidden-in-one-namespace-leave-the-others-alone',
];
