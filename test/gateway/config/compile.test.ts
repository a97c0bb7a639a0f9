import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type CompileParts, compilePlan } from '../../../gateway/config/compile.ts';
import { createCredentials } from '../../../gateway/config/credentials.ts';
import type { PolicyConfig } from '../../../gateway/contract/document.ts';
import { loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { readPolicyConfig } from '../../../gateway/contract/read.ts';
import { configHash } from '../../../gateway/contract/write.ts';
import { createPatternLibrary, type PatternLibrary } from '../../../gateway/detectors/patterns.ts';
import type { LeafFacts, PolicyKind } from '../../../gateway/policies/kind.ts';
import { loadKinds } from '../../../gateway/policies/registry.ts';
import { kindFolders } from '../../fakes/kind-folders.ts';
import { document } from '../contract/corpus.ts';

const FURTHER = fileURLToPath(new URL('../contract/kinds', import.meta.url));
const LEAF: LeafFacts = { phase: 'input', path: 'x', part: 'content', role: 'user' };

describe('compiling a plan', () => {
  let kinds: ReadonlyMap<string, PolicyKind>;
  let read: (text: string) => PolicyConfig;
  before(async () => {
    kinds = await loadKinds(kindFolders([FURTHER]));
    const contracts = await loadKindContracts(kindFolders([FURTHER]));
    read = (text) => {
      const { config, problems } = readPolicyConfig(text, { file: 'policy-config.yaml', kinds: contracts });
      expect(problems).to.deep.equal([]);
      return config!;
    };
  });

  const parts = (
    over: Partial<CompileParts> & { env?: Record<string, string>; patterns?: PatternLibrary } = {},
  ): CompileParts => ({
    kinds,
    patterns: createPatternLibrary(),
    secrets: createCredentials({ env: over.env ?? {}, secretsDir: null }),
    vendorProblem: ({ provider }) => (provider === 'azure-openai' ? 'not served yet' : null),
    ...over,
  });
  const doc = (rest: string): string => `pack: {name: a, version: 1.0.0, enabled: true}\n${rest}`;

  it('check 9: a target without its secret is shown unavailable, and the plan is made', async () => {
    const config = read(document('good/brief-providers-ref-beside-provider.yaml'));
    const plan = await compilePlan(config, parts({ env: { ANTHROPIC_API_KEY: 'value' } }));
    expect(plan.targets.map(({ target, unavailable }) => [target.id, unavailable])).to.deep.equal([
      ['openai', 'the environment variable OPENAI_API_KEY is not set'],
      ['anthropic', null],
      ['azure-openai', 'not served yet'],
    ]);
    expect(plan.routes('gpt-4o').map(({ target }) => target.target.id)).to.deep.equal([
      'openai',
      'anthropic',
      'azure-openai',
    ]);
    expect(JSON.stringify(plan)).to.not.include('"value"');
  });

  it('compiles every entry of the chain, in its order, and no unchained kind', async () => {
    const plan = await compilePlan(read(document('good/every-section.yaml')), parts());
    expect(plan.entries.map(({ entry, kind }) => [entry.id, kind.name])).to.deep.equal([
      ['pii-detector', 'pii-detector'],
      ['falcon', 'dlp-filter'],
      ['falcon-fuzzy', 'dlp-filter'],
      ['tone', 'response-rewriter'],
      ['data-routing-policy', 'data-routing-policy'],
      ['audit-logger', 'audit-logger'],
    ]);
    const unchained = await compilePlan(read(document('good/unchained-block.yaml')), parts());
    expect(unchained.entries.map(({ entry }) => entry.id)).to.deep.equal(['audit-logger']);
  });

  it('finds with the patterns of the document', async () => {
    const config = read(
      doc('policies: {chain: [{kind: dlp-filter, settings: {detect_patterns: ["EMP-[0-9]{4}"]}}]}\n'),
    );
    const plan = await compilePlan(config, parts());
    const hook = plan.entries[0]!.policy.inspectText!;
    expect(hook.appliesTo(LEAF)).to.equal(true);
    const found: string[] = [];
    const text = 'for EMP-1234 and EMP-12';
    hook.scanner.scan(text, 0, true, ({ start, end }) => found.push(text.slice(start, end)));
    expect(found).to.deep.equal(['EMP-1234']);
  });

  it('judges all patterns of a document at once, and none of a document without', async () => {
    const asked: string[][] = [];
    const library = createPatternLibrary();
    const patterns: PatternLibrary = {
      ...library,
      prepare: (sources) => {
        asked.push([...sources]);
        return library.prepare(sources);
      },
    };
    const rules =
      '[{name: x, pattern: "(?<n>a)", replacement: "$<n>"}, {name: y, pattern: "b", condition: "c"}]';
    const chain = `policies: {chain: [{kind: response-rewriter, settings: {rules: ${rules}}}, {kind: dlp-filter, settings: {detect_patterns: [b, d]}}]}\n`;
    await compilePlan(read(doc(chain)), parts({ patterns }));
    expect(asked.flat().sort()).to.deep.equal(['(?<n>a)', 'b', 'c', 'd']);
    expect(asked.length).to.be.lessThan(3);
    asked.length = 0;
    await compilePlan(read(doc('policies: {chain: [audit-logger]}\n')), parts({ patterns }));
    expect(asked).to.deep.equal([]);
  });

  it('runs a sixth kind', async () => {
    const config = read(doc('policies: {chain: [{kind: phrase-counter, settings: {phrase: never say}}]}\n'));
    const plan = await compilePlan(config, parts());
    expect(plan.entries[0]!.kind).to.deep.equal({
      name: 'phrase-counter',
      version: '1',
      needs: [],
      streaming: 'windowed',
    });
  });

  it('runs no entry of a pack that is not enabled', async () => {
    const plan = await compilePlan(read(document('good/disabled-and-plain-text.yaml')), parts());
    expect(plan.entries).to.deep.equal([]);
  });

  it('names a hand-written document by its hash, a compiled one by its revision', async () => {
    const config = read(doc('policies: {chain: []}\n'));
    const byHand = await compilePlan(config, parts());
    expect(byHand.revision).to.deep.equal({ number: null, hash: configHash(config) });
    const revision = { number: 3, hash: 'f'.repeat(64) };
    expect((await compilePlan({ ...config, revision }, parts())).revision).to.deep.equal(revision);
  });

  it('fails as a whole for a kind that needs what nothing gives: its entries would pass everything', async () => {
    const config = read(doc('policies: {chain: [audit-logger]}\n'));
    const asking = (more: Partial<PolicyKind>): Promise<string> => {
      const kind = { ...kinds.get('audit-logger')!, ...more };
      return compilePlan(config, parts({ kinds: new Map([['audit-logger', kind]]) })).then(
        () => 'compiled',
        String,
      );
    };
    expect(await asking({})).to.equal('compiled');
    expect(await asking({ needs: ['network'] })).to.include('audit-logger needs network');
  });

  it('fails as a whole for an entry whose kind is not there', async () => {
    const config = read(doc('policies: {chain: [audit-logger]}\n'));
    const error = await compilePlan(config, parts({ kinds: new Map() })).catch((thrown: Error) => thrown);
    expect(error).to.be.instanceOf(Error);
    expect(String(error)).to.include('audit-logger');
  });
});
