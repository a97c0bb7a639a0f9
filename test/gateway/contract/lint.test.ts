import { expect } from 'chai';
import { type KindContracts, loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { lintPolicyConfig } from '../../../gateway/contract/lint.ts';
import { isLoopback } from '../../../gateway/contract/openness.ts';
import { document, lineOf } from './corpus.ts';
import { lintEntry } from './lint-entry.ts';

const BRIEF = 'good/brief-providers-ref-beside-provider.yaml';

describe('lint of a policy config', () => {
  let kinds: KindContracts;
  before(async () => {
    kinds = await loadKindContracts();
  });

  it('warns of a retention that a spool alone cannot keep', () => {
    const lone = lintPolicyConfig(document(BRIEF), { kinds, loneGateway: true });
    const other = lone.problems.filter(({ code }) => code !== 'W013');
    expect(other.map(({ code, path, line }) => [code, path, line])).to.deep.equal([
      ['W003', 'policy.audit-logger.retention_days', 25],
    ]);
    expect(lone.config).to.not.equal(null);
  });

  it('says who may call an address that is not loopback', () => {
    const at = (listen: string, name: string, identity = ''): string[] =>
      lintPolicyConfig(`${document(name)}${identity}`, { kinds, loneGateway: false, listen })
        .problems.filter(({ code }) => code !== 'W013')
        .map(({ code, path, message }) => `${code} ${path}: ${message}`);
    const own = 'good/brief-observe-only.yaml';
    expect(at('127.0.0.1:41002', BRIEF)).to.deep.equal([]);
    const [said, ...others] = at('0.0.0.0:41002', BRIEF);
    expect(said).to.match(/^W002 : .*every caller of 0\.0\.0\.0:41002 is refused$/);
    expect(others).to.deep.equal([]);
    expect(at('0.0.0.0:41002', own)).to.deep.equal([]);
    const [stored] = at('0.0.0.0:41002', BRIEF, 'identity: {anonymous: true}\n');
    expect(stored).to.match(/^W002 identity.anonymous: .*uses the stored credentials$/);
    // Their own credentials, or none at all.
    expect(at('0.0.0.0:41002', own, 'identity: {anonymous: true}\n')).to.deep.equal([]);
    expect(at('0.0.0.0:41002', BRIEF, 'identity: {}\n')).to.deep.equal([]);
  });

  it('warns of an expired key when it is told the time', () => {
    const text = document('good/every-section.yaml');
    const codes = (now?: number): string[] =>
      lintPolicyConfig(text, {
        kinds,
        loneGateway: false,
        ...(now === undefined ? {} : { now }),
      }).problems.map(lineOf);
    expect(codes()).to.deep.equal([]);
    expect(codes(Date.parse('2098-01-01T00:00:00Z'))).to.deep.equal([]);
    expect(codes(Date.parse('2100-01-01T00:00:00Z'))).to.deep.equal([
      'W010 identity.keys[0].expires_at 68:19',
    ]);
  });

  it('tells loopback addresses from others', () => {
    for (const own of ['127.0.0.1', '127.0.0.1:41002', 'localhost:1', '::1', '[::1]:41002', '127.9.9.9:1']) {
      expect(isLoopback(own), own).to.equal(true);
    }
    for (const open of [
      '0.0.0.0',
      ':41002',
      '[::]:1',
      '::',
      '10.0.0.1:80',
      'localhost.example:1',
      '1270.0.0.1',
    ]) {
      expect(isLoopback(open), open).to.equal(false);
    }
  });

  it('tells a hundred errors and a hundred warnings at most, and never takes a document for their number', () => {
    const targets = Array.from(
      { length: 150 },
      (_, index) => `    - {id: t${index}, provider: openai}\n`,
    ).join('');
    const text = `pack: {name: a, version: 1.0.0, enabled: true}\npolicies: {chain: [audit-logger]}\nproviders:\n  targets:\n${targets}`;
    const lint = (more: string) => lintPolicyConfig(`${text}${more}`, { kinds, loneGateway: false });
    expect(lint('').problems.map(({ code }) => code)).to.deep.equal(
      Array.from({ length: 100 }, () => 'W008'),
    );
    expect(lint('').config).to.not.equal(null);
    const keys = Array.from({ length: 50_000 }, (_, index) => `unknown${index}: 1\n`).join('');
    const { config, problems } = lint(keys);
    expect(config).to.equal(null);
    expect(problems.filter(({ severity }) => severity === 'error')).to.have.length(100);
  });

  it('lints one entry with paths from its settings on', () => {
    const entry = { kind: 'dlp-filter', settings: { detect_patterns: ['ok', '(bad'], action: 'blok' } };
    const findings = lintEntry(entry, kinds, { loneGateway: false });
    expect(findings.map(({ code, path, severity }) => [code, path, severity])).to.deep.equal([
      ['E015', 'action', 'error'],
    ]);
    const fixed = { ...entry, settings: { ...entry.settings, action: 'block' } };
    const [pattern] = lintEntry(fixed, kinds, { loneGateway: false });
    expect(pattern).to.include({ code: 'E017', path: 'detect_patterns[1]' });
    expect(lintEntry({ kind: 'rbac', settings: {} }, kinds, { loneGateway: false })[0]).to.include({
      code: 'E018',
    });
    expect(fixed.settings).to.deep.equal({ detect_patterns: ['ok', '(bad'], action: 'block' });
  });

  describe('a target', () => {
    const head = 'pack: {name: a, version: 1.0.0, enabled: true}\npolicies: {chain: [audit-logger]}\n';
    const ofTarget = (target: string): string[] =>
      lintPolicyConfig(`${head}providers: {targets: [${target}]}\n`, {
        kinds,
        loneGateway: false,
      }).problems.map(({ code, path, suggestion }) =>
        [code, path, ...(suggestion === undefined ? [] : [suggestion])].join(' '),
      );

    it('of the mock takes no address', () => {
      expect(ofTarget('{id: a, provider: mock, base_url: "https://x.example/v1"}')).to.deep.equal([
        'E028 providers.targets[0].base_url',
      ]);
      expect(ofTarget('{id: a, provider: mock}')).to.deep.equal([]);
    });

    it('of a vendor that is not served is told, and no credential is asked of it', () => {
      const place = 'W013 providers.targets[0]';
      expect(ofTarget('{id: a, provider: anthropic}')).to.deep.equal([
        `${place}.provider set \`base_url\`, where its API is the OpenAI one`,
      ]);
      expect(ofTarget('{id: a, provider: opnai}')).to.deep.equal([`${place}.provider openai`]);
      expect(ofTarget('{id: a, provider: openai-compatible}')).to.deep.equal([`${place} set \`base_url\``]);
      expect(ofTarget('{id: a, provider: own, base_url: "https://x.example/v1"}')).to.deep.equal([]);
      expect(ofTarget('{id: a, provider: own, base_url: "https://x.example:99999/v1"}')).to.deep.equal([
        `${place}.base_url look at its host and port`,
      ]);
      // Nobody wrote the targets of a document without the section.
      expect(lintPolicyConfig(head, { kinds, loneGateway: false }).problems).to.deep.equal([]);
    });
  });

  it('points at the entry where a default is what it warns of', () => {
    const lint = (text: string) =>
      lintPolicyConfig(text, { kinds, loneGateway: true }).problems.map(({ path, line, message }) => [
        `${path} ${line}`,
        message.split(':')[0],
      ]);
    const said = '`retention_days` is 365 by default';
    expect(
      lint('version: "1"\npolicies:\n  - name: watch\n    type: observe\n    action: log\n'),
    ).to.deep.equal([['policies[0] 3', said]]);
    const pack = 'pack: {name: a, version: 1.0.0, enabled: true}\n';
    for (const block of ['', 'policy: {audit-logger: {}}\n'])
      expect(lint(`${pack}policies: {chain: [audit-logger]}\n${block}`)).to.deep.equal([
        ['policies.chain[0] 2', said],
      ]);
    expect(
      lint(
        `${pack}policies: {chain: [audit-logger]}\npolicy: {audit-logger: {retention_days: 365}}\n`,
      )[0]![0],
    ).to.equal('policy.audit-logger.retention_days 3');
  });
});
