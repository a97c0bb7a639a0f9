import { expect } from 'chai';
import { ClusterNamespaces } from '../../../operator/cluster/namespaces.ts';
import { ReviewCache } from '../../../operator/cluster/review-cache.ts';
import { KubeError } from '../../../operator/kube/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';

describe('namespaces of a cluster', () => {
  let clock: FakeClock;
  let uids: Map<string, string>;
  let failure: KubeError | null;
  let asked: string[];
  let refused: string[];
  let namespaces: ClusterNamespaces;
  beforeEach(() => {
    clock = new FakeClock();
    [uids, failure, asked, refused] = [new Map([['shop', 'uid-1']]), null, [], []];
    namespaces = new ClusterNamespaces(
      {
        async uidOf(name) {
          asked.push(name);
          if (failure !== null) throw failure;
          return uids.get(name) ?? null;
        },
      },
      new ReviewCache<string | null>(
        { maxHeld: 10, maxPassing: 10, maxAsking: 10 },
        { clock, isAway: () => false, onAway: () => {} },
      ),
      ({ message }) => refused.push(message),
    );
  });
  const codeOf = (namespace: string, account?: string): Promise<string> =>
    namespaces.uidOf(namespace, account).catch(({ code }) => code);

  it('are asked for once for each account: one that was made again has accounts of its own', async () => {
    expect(await codeOf('shop', 'account-1')).to.equal('uid-1');
    uids.set('shop', 'uid-2');
    expect(await codeOf('shop', 'account-1')).to.equal('uid-1');
    expect(await codeOf('shop', 'account-2')).to.equal('uid-2');
    expect(asked).to.deep.equal(['shop', 'shop']);
    failure = new KubeError(0, '', 'no answer');
    await clock.advance(86_400_000);
    expect(await codeOf('shop', 'account-2')).to.equal('uid-2');
  });

  it('are asked for each time without an account, and once by those who ask at the same time', async () => {
    expect(await codeOf('shop')).to.equal('uid-1');
    uids.set('shop', 'uid-2');
    expect(await Promise.all([codeOf('shop'), codeOf('shop')])).to.deep.equal(['uid-2', 'uid-2']);
    expect(asked).to.deep.equal(['shop', 'shop']);
  });

  it('stand for ten minutes while the API server cannot be asked, and then nobody can say', async () => {
    await codeOf('shop');
    failure = new KubeError(0, '', 'no answer');
    await clock.advance(599_000);
    expect(await codeOf('shop')).to.equal('uid-1');
    expect(await codeOf('shop', 'account-1')).to.equal('access_not_checked');
    await clock.advance(2000);
    expect(await codeOf('shop')).to.equal('access_not_checked');
    failure = null;
    expect(await codeOf('shop', 'account-1')).to.equal('uid-1');
  });

  it('that do not exist are asked for again, and are no longer held', async () => {
    expect(await codeOf('none')).to.equal('not_found');
    uids.set('none', 'uid-3');
    expect(await codeOf('none')).to.equal('uid-3');
    uids.delete('none');
    expect(await codeOf('none')).to.equal('not_found');
    failure = new KubeError(0, '', 'no answer');
    expect(await codeOf('none')).to.equal('access_not_checked');
  });

  it('that the operator may not read are told of once, and are not taken for gone', async () => {
    failure = new KubeError(403, 'Forbidden', 'get Namespace/shop: forbidden');
    expect(await codeOf('shop')).to.equal('access_not_checked');
    expect(await codeOf('shop', 'account-1')).to.equal('access_not_checked');
    expect(refused).to.deep.equal(['get Namespace/shop: forbidden']);
    failure = null;
    expect(await codeOf('shop')).to.equal('uid-1');
  });
});
