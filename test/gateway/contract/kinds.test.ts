import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { KIND_NAMES, loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { readPolicyConfig } from '../../../gateway/contract/read.ts';
import { kindFolders } from '../../fakes/kind-folders.ts';

const FURTHER = fileURLToPath(new URL('kinds', import.meta.url));
const BUILT = ['audit-logger', 'data-routing-policy', 'dlp-filter', 'pii-detector', 'response-rewriter'];

describe('policy kinds', () => {
  it('knows the 39 names of the catalogue, each once', () => {
    expect(new Set(KIND_NAMES).size).to.equal(39);
    expect(KIND_NAMES).to.include.members(BUILT);
  });

  it('finds the five that are built', async () => {
    expect([...(await loadKindContracts()).keys()]).to.include.members(BUILT);
  });

  it('takes a sixth kind from a further folder, without a change to any file', async () => {
    const kinds = await loadKindContracts(kindFolders([FURTHER]));
    expect([...kinds.keys()]).to.include.members([...BUILT, 'phrase-counter']);
    const read = (settings: string) =>
      readPolicyConfig(
        `pack: {name: a, version: 1.0.0, enabled: true}\npolicies: {chain: [{kind: phrase-counter, settings: ${settings}}]}\n`,
        { kinds },
      );
    expect(read('{phrase: hello}').config!.chain[0]!.settings).to.deep.equal({ phrase: 'hello', at_most: 1 });
    const first = (settings: string) => read(settings).problems[0];
    expect(first('{phrase: never}')).to.include({ code: 'E016', path: 'policies.chain[0].settings.phrase' });
    expect(first('{phrases: x}')).to.include({ code: 'E013' });
    const chained = readPolicyConfig(
      'pack: {name: a, version: 1.0.0, enabled: true}\npolicies: {chain: [phrase-counter]}\n',
      { kinds },
    );
    expect(chained.problems[0]).to.include({ code: 'E003', path: 'policies.chain[0]' });
  });

  it('loads compiled kinds too, and refuses a kind that stands in two folders', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'kinds-'));
    try {
      await cp(join(FURTHER, 'phrase-counter', 'schema.json'), join(dir, 'phrase-counter', 'schema.json'));
      await writeFile(join(dir, 'phrase-counter', 'lint.js'), 'export const lint = () => [];\n');
      await writeFile(join(dir, 'phrase-counter', 'package.json'), '{"type":"module"}');
      const [kind] = [...(await loadKindContracts([dir])).values()];
      expect(kind).to.include({ name: 'phrase-counter' });
      expect(
        kind!.lint({}, { checkPattern: () => ({ ok: false, error: '' }), situation: { loneGateway: true } }),
      ).to.deep.equal([]);
      const twice = await loadKindContracts([dir, FURTHER]).catch((error: Error) => error.message);
      expect(twice).to.match(/phrase-counter stands in two folders/);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
