import { expect } from 'chai';
import { decide } from '../../../gateway/pipeline/decision.ts';
import { inspectTexts } from '../../../gateway/pipeline/entries.ts';
import { recordedEntries } from '../../../gateway/pipeline/recorded-entries.ts';
import { built } from '../policies/built.ts';
import { brokenScanner, inspecting, leaf, testEnv } from './fixtures.ts';

describe('entries of an event', () => {
  const chain = [built('pii-detector', {}), built('dlp-filter', { blocked_terms: ['x'] })];
  const run = (input: string, output: string) => {
    const outcomes = [
      inspectTexts(chain, 'input', [{ ...leaf(input), phase: 'input' }], testEnv()),
      inspectTexts(chain, 'output', [leaf(output)], testEnv()),
    ];
    return decide(chain, outcomes, null).entries;
  };

  it('name an entry once, and say per phase what there is to say', () => {
    const results = run('SSN 123-45-6789', 'fine');
    const recorded = recordedEntries(results);
    expect(recorded.map(({ id, phases }) => [id, phases.map(({ phase }) => phase)])).to.deep.equal([
      ['pii-detector', ['input', 'output']],
      ['dlp-filter', ['input', 'output']],
    ]);
    const [first] = recorded;
    expect(first).to.deep.include({
      kind: 'pii-detector',
      mode: 'enforce',
      source: { level: 'document', index: 0 },
    });
    expect(first!.phases[0]).to.deep.include({ outcome: 'findings', verdict: 'redact', reason: 'pii.ssn' });
    expect(first!.phases[0]!.findings).to.have.length(1);
    expect(first!.phases[1]).to.have.all.keys('phase', 'outcome', 'verdict', 'us');
    const size = (value: unknown): number => JSON.stringify(value).length;
    expect(size(recorded)).to.be.below(size(results) * 0.65);
  });

  it('have neither verdict nor time of an entry that did not run, and no verdict of one that could not', () => {
    const first = built('dlp-filter', { blocked_terms: ['x'], action: 'block' });
    const told = [[inspecting('block', brokenScanner())], [first, chain[0]!]]
      .flatMap((entries) => {
        const outcome = inspectTexts(entries, 'input', [{ ...leaf('an x'), phase: 'input' }], testEnv());
        return recordedEntries(decide(entries, [outcome], outcome.error).entries);
      })
      .flatMap(({ phases }) =>
        phases.map(({ outcome: became, verdict, us }) => [became, verdict, typeof us]),
      );
    expect(told).to.deep.equal([
      ['error', null, 'number'],
      ['findings', 'block', 'number'],
      ['not_run', null, 'undefined'],
    ]);
  });
});
