import { expect } from 'chai';
import { layoutOf } from '../../../hack/cluster/layout.ts';
import { type Seen, whyNeverReady } from '../../../hack/cluster/up.ts';

describe('a cluster that is not ready yet', () => {
  const coming: Seen = { runs: true, isStarted: false, hasFolder: true, isLate: false };
  const why = (seen: Partial<Seen>): string | null => whyNeverReady(layoutOf('test'), { ...coming, ...seen });

  it('is waited for while somebody starts it, and when who did was killed', () => {
    expect(why({})).to.equal(null);
    for (const seen of [{}, { runs: false }, { hasFolder: false }, { isLate: true }])
      expect(why({ ...seen, isStarted: true }), JSON.stringify(seen)).to.equal(null);
  });

  it('is given up when it will never be, with what to do', () => {
    expect(why({ runs: false })).to.equal('The cluster ended before it was ready.');
    expect(why({ hasFolder: false })).to.equal(
      'The folder /var/opt/keeptrusts-cluster-test of the cluster that runs here is gone: ' +
        'npm run cluster:down -- --test removes it.',
    );
    expect(why({ isLate: true })).to.match(
      /does not get ready: npm run cluster:down -- --test removes it\.$/,
    );
  });
});
