import { expect } from 'chai';
import type { PolicyConfig } from '../../../gateway/contract/document.ts';
import { KIND_NAMES, type KindContracts, loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { lintPolicyConfig } from '../../../gateway/contract/lint.ts';
import { readPolicyConfig } from '../../../gateway/contract/read.ts';
import { document } from './corpus.ts';

describe('acceptance checks of the document', () => {
  let kinds: KindContracts;
  before(async () => {
    kinds = await loadKindContracts();
  });
  const read = (text: string, file = 'policy-config.yaml'): PolicyConfig => {
    const { config, problems } = readPolicyConfig(text, { file, kinds });
    expect(problems).to.deep.equal([]);
    return config!;
  };
  const errors = (text: string) => readPolicyConfig(text, { kinds }).problems;
  const minimal = (rest: string): string => `pack: {name: a, version: 1.0.0, enabled: true}\n${rest}`;

  it('check 2: the observe-only list of the brief loads as one observing entry', () => {
    const config = read(document('good/brief-observe-only.yaml'));
    expect(config.chain).to.deep.equal([
      {
        id: 'observe-all',
        kind: 'audit-logger',
        mode: 'observe',
        settings: { immutable: true, retention_days: 365, hipaa_audit_controls: false, log_all_access: true },
        source: { level: 'document', index: 0 },
      },
    ]);
    expect(config.pack.name).to.equal('policy-config');
    expect(config.providers!.targets).to.deep.equal([
      { id: 'openai', provider: 'openai', pass_through_credential: true },
      { id: 'anthropic', provider: 'anthropic', pass_through_credential: true },
    ]);
  });

  const BRIEF = [
    'good/brief-providers-ref-beside-provider.yaml',
    'good/brief-providers-ref-below-provider.yaml',
  ];
  for (const name of BRIEF) {
    it(`check 3: the three targets of the brief are valid, and lint names the vendors that are not served (${name})`, () => {
      const { config, problems } = lintPolicyConfig(document(name), { kinds, loneGateway: false });
      expect(problems.map(({ code, path }) => `${code} ${path}`)).to.deep.equal([
        'W013 providers.targets[1].id',
        'W013 providers.targets[2].id',
      ]);
      expect(config!.providers!.targets).to.deep.equal([
        { id: 'openai', provider: 'openai', secret_key_ref: { env: 'OPENAI_API_KEY' } },
        { id: 'anthropic', provider: 'anthropic', secret_key_ref: { env: 'ANTHROPIC_API_KEY' } },
        { id: 'azure-openai', provider: 'azure-openai', secret_key_ref: { env: 'AZURE_OPENAI_API_KEY' } },
      ]);
    });
  }

  it('check 3: both readings of the lost indentation are the same document', () => {
    const [beside, below] = BRIEF.map((name) => read(document(name)));
    expect(beside).to.deep.equal(below);
  });

  it('check 4: a misspelt key is E002 with its path', () => {
    const [first, ...rest] = errors(
      minimal('policies: {chain: [dlp-filter]}\npolicy: {dlp-filter: {blocked_term: [x]}}\n'),
    );
    expect(rest).to.deep.equal([]);
    expect(first).to.include({
      code: 'E002',
      path: 'policy.dlp-filter.blocked_term',
      line: 3,
      column: 23,
      suggestion: 'blocked_terms',
    });
    expect(first!.message).to.include('detect_patterns');
  });

  it('check 5: an unknown kind is E001 and names the nearest', () => {
    const [first] = errors(minimal('policies: {chain: [prompt-injections]}\n'));
    expect(first).to.include({ code: 'E001', path: 'policies.chain[0]', suggestion: 'prompt-injection' });
  });

  it('check 5: a known kind that is not built is another error', () => {
    const unbuilt = KIND_NAMES.filter((name) => !kinds.has(name));
    expect(unbuilt).to.include('prompt-injection');
    for (const name of unbuilt) {
      const codes = errors(minimal(`policies: {chain: [${name}]}\n`)).map(({ code }) => code);
      expect(codes, name).to.deep.equal(['E018']);
    }
  });

  it('check 8: a plain text is no secret reference, and an object is', () => {
    const target = (ref: string): string =>
      minimal(
        `policies: {chain: []}\nproviders: {targets: [{id: a, provider: openai, secret_key_ref: ${ref}}]}\n`,
      );
    expect(errors(target('"X"')).map(({ code }) => code)).to.deep.equal(['E022']);
    expect(read(target('{env: X}')).providers!.targets[0]!.secret_key_ref).to.deep.equal({ env: 'X' });
  });

  it('check 11: a kind that is configured and not chained is no entry', () => {
    const config = read(document('good/unchained-block.yaml'));
    expect(config.chain.map(({ kind }) => kind)).to.deep.equal(['audit-logger']);
    expect(config.unchained).to.deep.equal(['dlp-filter', 'prompt-injection']);
  });

  it('an empty list of targets means no target', () => {
    const config = read(minimal('policies: {chain: []}\nproviders: {targets: []}\n'));
    expect(config.providers!.targets).to.deep.equal([]);
  });
});
