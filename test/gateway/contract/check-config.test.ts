import { expect } from 'chai';
import fc from 'fast-check';
import { checkConfig } from '../../../gateway/contract/check-config.ts';
import type { PolicyConfig } from '../../../gateway/contract/document.ts';
import { lintContext } from '../../../gateway/contract/examine.ts';
import { type KindContracts, loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { lintPolicyConfig } from '../../../gateway/contract/lint.ts';
import { writePolicyConfig } from '../../../gateway/contract/write.ts';
import { policyConfig } from './arbitrary.ts';

describe('checking a config that is no text yet', () => {
  let kinds: KindContracts;
  before(async () => {
    kinds = await loadKindContracts();
  });

  /** Both ways to the same findings; the text's own are in its order, so both are sorted. */
  function compared(config: PolicyConfig, loneGateway: boolean): string[] {
    const bare = (findings: { code: string; path: string; message: string }[]): string[] =>
      findings.map(({ code, path, message }) => `${code} ${path} ${message}`).sort();
    const checked = bare(checkConfig(config, { kinds, context: lintContext({ loneGateway }) }));
    const read = bare(lintPolicyConfig(writePolicyConfig(config), { kinds, loneGateway }).problems);
    expect(checked).to.deep.equal(read);
    return checked;
  }

  it('finds what is found in its text', () => {
    fc.assert(
      fc.property(policyConfig, fc.boolean(), (config, lone) => void compared(config, lone)),
      { numRuns: 80 },
    );
  });

  it('finds the same errors and warnings', () => {
    const [sample] = fc.sample(policyConfig, 1);
    const entry = (id: string, kind: string, settings: Record<string, unknown>) => ({
      id,
      kind,
      mode: 'enforce' as const,
      settings,
      source: { level: 'document' as const, index: 0 },
    });
    const config = {
      ...sample!,
      chain: [
        entry('a', 'audit-logger', { retention_days: 400, immutable: false }),
        entry('a', 'dlp-filter', { detect_patterns: ['(unclosed'] }),
        entry('b', 'no-such-kind', {}),
        entry('c', 'pii-detector', { no_such_field: 1 }),
      ],
      providers: {
        ...sample!.providers!,
        targets: [
          { id: 't', provider: 'openai' },
          { id: 't', provider: 'mock', base_url: 'http://example.com' },
        ],
      },
    } as PolicyConfig;
    const found = compared(config, true).map((line) => line.split(' ')[0]);
    expect(found).to.include.members([
      'E001',
      'E002',
      'E017',
      'E019',
      'E020',
      'E028',
      'W003',
      'W008',
      'W009',
      'W012',
    ]);
    expect(compared(config, false).join()).to.not.contain('W003');
  });

  it('changes nothing of the config', () => {
    const [config] = fc.sample(policyConfig, 1);
    const before = JSON.stringify(config);
    checkConfig(config!, { kinds, context: lintContext({ loneGateway: true }) });
    expect(JSON.stringify(config)).to.equal(before);
  });
});
