import { expect } from 'chai';
import type { AccessRequest } from '../../../operator/api/access.ts';
import type { ClusterUser } from '../../../operator/api/auth.ts';
import { ClusterAuthorizer } from '../../../operator/cluster/authorizer.ts';
import { ReviewCache } from '../../../operator/cluster/review-cache.ts';
import { FakeClock } from '../../fakes/clock.ts';

const alice: ClusterUser = { username: 'alice', uid: '1', groups: ['team-a'], extra: { scopes: ['all'] } };
const list: AccessRequest = { verb: 'list', resource: 'events', namespace: 'team-a' };

describe('what people of a cluster may do', () => {
  let clock: FakeClock;
  let asked: object[];
  let answer: () => boolean;
  let authorizer: ClusterAuthorizer;

  beforeEach(() => {
    clock = new FakeClock();
    [asked, answer] = [[], () => true];
    authorizer = new ClusterAuthorizer(
      {
        async access(user, access) {
          asked.push({ ...access, who: user.username });
          return answer();
        },
      },
      new ReviewCache<boolean>(
        { maxHeld: 100, maxPassing: 100, maxAsking: 10 },
        { clock, isAway: () => true, onAway: () => {} },
      ),
    );
  });

  const may = (request: AccessRequest, user: ClusterUser | null = alice): Promise<boolean> =>
    authorizer.allows({ role: 'person', user }, request);

  it('is asked of the cluster, about resources of our group', async () => {
    expect(await may(list)).to.equal(true);
    expect(asked).to.deep.equal([
      {
        verb: 'list',
        group: 'governance.keeptrusts.com',
        resource: 'events',
        namespace: 'team-a',
        who: 'alice',
      },
    ]);
  });

  it('is not asked for the person whose machine this is', async () => {
    expect(await may(list, null)).to.equal(true);
    expect(asked).to.deep.equal([]);
  });

  it('is one answer for each user and each question, and never one for another', async () => {
    await may(list);
    const questions: [AccessRequest, ClusterUser][] = [
      [{ ...list, namespace: 'team-b' }, alice],
      [{ verb: 'list', resource: 'events' }, alice],
      [{ ...list, verb: 'get' }, alice],
      [{ ...list, resource: 'keys' }, alice],
      [list, { ...alice, username: 'bob' }],
      [list, { ...alice, uid: '2' }],
      [list, { ...alice, groups: ['team-a', 'admins'] }],
      [list, { ...alice, groups: [] }],
      [list, { ...alice, extra: { scopes: [] } }],
    ];
    for (const [request, user] of questions) await may(request, user);
    for (const [request, user] of questions) await may(request, user);
    await may(list);
    expect(asked).to.have.length(1 + questions.length);
  });

  it('is asked again after 30 s where it was allowed, and after 5 s where it was not', async () => {
    await may(list);
    answer = () => false;
    await clock.advance(29_999);
    expect(await may(list)).to.equal(true);
    await clock.advance(1);
    expect(await may(list)).to.equal(false);
    answer = () => true;
    await clock.advance(4_999);
    expect(await may(list)).to.equal(false);
    await clock.advance(1);
    expect(await may(list)).to.equal(true);
  });

  it('was allowed for ten minutes more while nobody can be asked; a no becomes “not checked”', async () => {
    await may(list);
    answer = () => false;
    await may({ ...list, namespace: 'team-b' });
    answer = () => {
      throw new Error('no answer');
    };
    await clock.advance(599_999);
    expect(await may(list)).to.equal(true);
    const code = (request: AccessRequest) => may(request).then(String, (error) => error.code);
    expect(await code({ ...list, namespace: 'team-b' })).to.equal('access_not_checked');
    await clock.advance(1);
    expect(await code(list)).to.equal('access_not_checked');
  });
});
