import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import { canonicalJson } from '../../../gateway/contract/canonical-json.ts';
import { type KindContracts, loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { readPolicyConfig } from '../../../gateway/contract/read.ts';
import {
  configHash,
  createConfigWriter,
  documentOf,
  writePolicyConfig,
} from '../../../gateway/contract/write.ts';
import { policyConfig } from './arbitrary.ts';
import { corpus } from './corpus.ts';

describe('writing a policy config', () => {
  let kinds: KindContracts;
  before(async () => {
    kinds = await loadKindContracts();
  });

  it('reads back what it wrote, for every config', () => {
    fc.assert(
      fc.property(policyConfig, (config) => {
        const { config: read, problems } = readPolicyConfig(writePolicyConfig(config), { kinds });
        expect(problems).to.deep.equal([]);
        expect(read).to.deep.equal(config);
      }),
      { numRuns: 150 },
    );
  });

  it('reads back every document of the corpus once it was read', () => {
    for (const { file, text } of corpus('good')) {
      const { config } = readPolicyConfig(text, { file, kinds });
      const built = { ...config!, unchained: config!.unchained.filter((kind) => kinds.has(kind)) };
      const again = readPolicyConfig(writePolicyConfig(built), { file, kinds });
      expect(again.config, file).to.deep.equal(built);
    }
  });

  it('writes the same text and hash whatever the order of keys, and another hash for another config', () => {
    fc.assert(
      fc.property(policyConfig, policyConfig, (a, b) => {
        const shuffled = JSON.parse(canonicalJson(a)) as typeof a;
        expect(configHash(shuffled)).to.equal(configHash(a));
        const same = canonicalJson({ ...a, revision: null }) === canonicalJson({ ...b, revision: null });
        expect(configHash(a) === configHash(b)).to.equal(same);
      }),
      { numRuns: 60 },
    );
  });

  it('writes what was remembered as it was written the first time', () => {
    const write = createConfigWriter();
    fc.assert(
      fc.property(policyConfig, (config) => {
        const first = write(config);
        expect(first).to.equal(writePolicyConfig(config));
        const [entry] = config.chain;
        if (entry === undefined) return;
        const edited = {
          ...config,
          chain: [{ ...entry, mode: 'observe' as const }, ...config.chain.slice(1)],
        };
        expect(write(edited)).to.equal(writePolicyConfig(edited));
        expect(write(config)).to.equal(first);
        expect(parse(first)).to.deep.equal(JSON.parse(JSON.stringify(documentOf(config))));
      }),
      { numRuns: 60 },
    );
  });

  it('leaves the revision out of the hash', () => {
    const [config] = fc.sample(policyConfig, 1);
    const { revision: _revision, ...bare } = config!;
    const hash = configHash(bare);
    expect(hash).to.match(/^[0-9a-f]{64}$/);
    expect(configHash({ ...bare, revision: { number: 7, hash } })).to.equal(hash);
  });

  it('says the default targets by saying nothing, and refuses what no document can say', () => {
    const { config } = readPolicyConfig('policies: [{name: a, type: log}]', { kinds });
    expect(writePolicyConfig(config!)).to.not.include('providers');
    const targets = [{ id: 'a', provider: 'groq', pass_through_credential: true }];
    expect(() => writePolicyConfig({ ...config!, providers: { ...config!.providers!, targets } })).to.throw(
      /target a passes the caller's credential on/,
    );
  });
});
