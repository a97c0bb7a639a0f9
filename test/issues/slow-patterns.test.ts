import { expect } from 'chai';
import { createConfigReader } from '../../gateway/config/reader.ts';
import { loadKindContracts } from '../../gateway/contract/kinds.ts';
import { createLinter, Unjudged } from '../../operator/domain/lint.ts';
import { PatternProcess } from '../../operator/patterns/judge.ts';
import { cpuTime } from '../fakes/cpu-time.ts';
import { policy } from '../operator/domain/builders.ts';

/** Patterns within the bounds of the schema of which each takes as long as the check may last. */
const slow = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${'(?:a*b*c*d*e*f*g*h*)*'.repeat(20)}${index}`);

describe('patterns that take long to judge', function () {
  this.timeout(60_000);

  it('keep the control plane from nothing else, and their policy is valid', async () => {
    const patterns = new PatternProcess();
    const kinds = await loadKindContracts();
    const linter = createLinter({ kinds, loneGateway: false, listen: '127.0.0.1', patterns });
    const entry = {
      name: 'e',
      kind: 'DlpFilter' as const,
      dlpFilter: { action: 'Block' as const, detectPatterns: slow(8) },
    };
    const slowOne = policy('slow', { entries: [entry] });
    try {
      expect(() => linter.policy(slowOne)).to.throw(Unjudged);
      // How long this process stands still would also say how busy the machine is.
      const took = await cpuTime(async () => {
        expect(await linter.prepare(slowOne, AbortSignal.timeout(50_000))).to.equal(true);
      });
      expect(took).to.be.lessThan(500);
      expect(linter.policy(slowOne).problems).to.deep.equal([]);
    } finally {
      patterns.close();
    }
  });

  it('do not add up to a document that a gateway refuses', async () => {
    const rows = slow(24).map((pattern) => `'${pattern}'`);
    const text = `pack: {name: a, version: 1.0.0, enabled: true}
policies: {chain: [dlp-filter]}
policy: {dlp-filter: {action: block, detect_patterns: [${rows.join(', ')}]}}
`;
    const reader = createConfigReader({ file: 'policy-config.yaml', timeoutMs: 20_000 });
    try {
      const { config, problems } = await reader.read(text);
      expect(problems.filter(({ severity }) => severity === 'error')).to.deep.equal([]);
      expect(config).to.not.equal(null);
    } finally {
      await reader.close();
    }
  });
});
