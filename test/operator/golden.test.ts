import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { CHILD_KINDS } from '../../operator/render/index.ts';
import { CONFIG_KEYS } from '../../operator/render/names.ts';
import type { KubeObject } from '../../operator/runtime/objects.ts';
import { TestFolder } from '../fakes/folder.ts';
import { OperatorSteps } from '../fakes/operator-steps.ts';

/**
 * Each folder of `test/golden/operator` is one behaviour: `in.yaml`, and `in.2.yaml` and so on for what the folder of
 * resources holds after each edit; `out.*` is what the operator makes of the last. `KT_UPDATE_GOLDEN=1` writes them.
 */
const root = fileURLToPath(new URL('../golden/operator', import.meta.url));
const update = process.env['KT_UPDATE_GOLDEN'] === '1';

const cases = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

function inputs(folder: string): string[] {
  const files = ['in.yaml'];
  for (let step = 2; existsSync(join(folder, `in.${step}.yaml`)); step++) files.push(`in.${step}.yaml`);
  return files.map((file) => readFileSync(join(folder, file), 'utf8'));
}

/** What a person would look at: without the parts that only the store sets. */
function shown({ metadata, data: _, ...rest }: KubeObject): object {
  const { uid: _u, resourceVersion: _r, creationTimestamp: _c, generation: _g, ...meta } = metadata;
  return { ...rest, metadata: meta };
}

function outputs(operator: OperatorSteps): Record<string, string> {
  const yaml = (values: object[]): string =>
    values
      .map((value) =>
        stringify(value, { lineWidth: 110, sortMapEntries: true, aliasDuplicateObjects: false }),
      )
      .join('---\n');
  const { cache } = operator.store;
  const configs = cache.list('ConfigMap');
  return {
    'out.config.yaml': configs.map((config) => config.data![CONFIG_KEYS.document]!).join('---\n'),
    'out.manifests.yaml': yaml(
      CHILD_KINDS.flatMap((kind) => cache.list(kind)).map(({ status: _s, ...object }) =>
        shown(object as KubeObject),
      ),
    ),
    'out.status.yaml': yaml([
      ...operator.ours().map(({ kind, metadata, status }) => ({
        object: `${kind} ${metadata.namespace}/${metadata.name}`,
        generation: metadata.generation,
        status: status ?? null,
      })),
      ...(operator.errors.length === 0 ? [] : [{ refused: operator.errors }]),
    ]),
  };
}

describe('golden cases', () => {
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  for (const name of cases) {
    it(name.replaceAll('-', ' '), async () => {
      const operator = new OperatorSteps(folder.path);
      for (const input of inputs(join(root, name))) {
        await operator.step(input);
        await operator.clock.advance(1000);
      }
      for (const [file, text] of Object.entries(outputs(operator))) {
        const path = join(root, name, file);
        if (update) writeFileSync(path, text);
        expect(text, file).to.equal(readFileSync(path, 'utf8'));
      }
    });
  }

  it('hold over a restart: what was accepted stays in force while the object is invalid', async () => {
    const [valid, invalid] = inputs(join(root, 'an-invalid-edit-keeps-the-whole-last-accepted-policy')) as [
      string,
      string,
    ];
    const before = new OperatorSteps(folder.path);
    await before.step(valid);
    await before.step(invalid);
    const after = new OperatorSteps(folder.path, 100);
    await after.reconcile();
    expect(outputs(after)).to.deep.equal(outputs(before));
    expect(outputs(after)['out.config.yaml']).to.contain('PRJ-[0-9]{4}');
  });

  it('there are enough of them', () => {
    expect(cases.length).to.be.at.least(12);
  });
});
