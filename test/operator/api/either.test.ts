import { expect } from 'chai';
import type { Caller } from '../../../operator/api/auth.ts';
import { type ClusterAccess, either } from '../../../operator/api/either.ts';

const PERSON: Caller = { role: 'person', user: null };
const ALICE: Caller = { role: 'person', user: { username: 'alice', uid: '', groups: [], extra: {} } };
const knows = (known: string, caller: Caller) => ({
  authenticate: async (token: string) => (token === known ? caller : null),
});
const cluster = (takesLocalTokens: boolean): ClusterAccess => ({
  authenticator: knows('theirs', ALICE),
  authorizer: { allows: async (_person, { namespace }) => namespace === 'team-a' },
  namespaces: { uidOf: async (namespace, account) => `${namespace} of ${account}` },
  takesLocalTokens,
});
const list = { verb: 'list', resource: 'events' } as const;

describe('tokens of this machine beside those of a cluster', () => {
  it('are all that there is without a cluster, for one person who may do everything', async () => {
    const { authenticator, authorizer, namespaces } = either(knows('ours', PERSON), () => null);
    expect(await namespaces.uidOf('team-a', 'x')).to.equal(null);
    expect(await authenticator.authenticate('ours')).to.equal(PERSON);
    expect(await authenticator.authenticate('theirs')).to.equal(null);
    expect(await authorizer.allows(PERSON, list)).to.equal(true);
    expect(await authorizer.allows(ALICE, list)).to.equal(false);
  });

  it('are both taken where gateways run here', async () => {
    const { authenticator, authorizer, namespaces } = either(knows('ours', PERSON), () => cluster(true));
    expect(await namespaces.uidOf('team-a', 'x')).to.equal('team-a of x');
    expect(await authenticator.authenticate('ours')).to.equal(PERSON);
    expect(await authenticator.authenticate('theirs')).to.equal(ALICE);
    expect(await authenticator.authenticate('nobody’s')).to.equal(null);
    expect(await authorizer.allows(ALICE, { ...list, namespace: 'team-a' })).to.equal(true);
    expect(await authorizer.allows(ALICE, list)).to.equal(false);
  });

  it('are not taken by a pod, whose volume others may read', async () => {
    const { authenticator } = either(knows('ours', PERSON), () => cluster(false));
    expect(await authenticator.authenticate('ours')).to.equal(null);
    expect(await authenticator.authenticate('theirs')).to.equal(ALICE);
  });
});
