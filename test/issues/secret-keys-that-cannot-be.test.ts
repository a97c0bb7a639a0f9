import { expect } from 'chai';
import { loadKindContracts } from '../../gateway/contract/kinds.ts';
import { writePolicyConfig } from '../../gateway/contract/write.ts';
import { acceptObjects } from '../../operator/domain/accept.ts';
import { decide } from '../../operator/domain/decide.ts';
import { createLinter } from '../../operator/domain/lint.ts';
import { policy, snapshot, target } from '../operator/domain/builders.ts';

const linter = createLinter({
  kinds: await loadKindContracts(),
  loneGateway: false,
  listen: '127.0.0.1:41002',
});

/**
 * A volume may not name the keys `.` and `..` or what begins with two dots, so one target with such a key had the whole
 * Deployment refused, and every object of the namespace with it.
 */
describe('issue: a target stored with a key that no Secret can have', () => {
  const withKey = (key: string, generation = 1) =>
    target('bad', { provider: 'openai', credentialSecretRef: { name: 'openai', key } }, generation);
  const good = target('good', { provider: 'openai', credentialSecretRef: { name: 'openai', key: 'a..b' } });

  for (const key of ['.', '..', '..key']) {
    it(`leaves out the target alone, with the reason: ${key}`, () => {
      const decision = decide(snapshot({ policies: [policy('p', {})], targets: [good, withKey(key)] }), {
        linter,
        write: writePolicyConfig,
      });
      expect(decision.credentials).to.deep.equal([{ name: 'openai', key: 'a..b' }]);
      expect(decision.targets).to.deep.equal(['good']);
      const [finding] = decision.findings.filter(({ object }) => object.name === 'bad');
      expect(finding).to.include({ reason: 'Invalid' });
      expect(finding!.message).to.match(/^spec\.credentialSecretRef\.key: no Secret has a key/);
    });
  }

  it('keeps in force what the target was before', () => {
    const before = acceptObjects(snapshot({ targets: [withKey('key')] }), linter).accepted;
    const { targets } = acceptObjects(snapshot({ targets: [withKey('..', 2)], accepted: before }), linter);
    expect(targets.map(({ spec }) => spec.credentialSecretRef?.key)).to.deep.equal(['key']);
  });
});
