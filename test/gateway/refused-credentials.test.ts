import { expect } from 'chai';
import { RefusedCredentials } from '../../gateway/refused-credentials.ts';

describe('credentials that providers refuse', () => {
  const attempt = (target: string, status: number | null) => ({
    attempts: [
      { target, provider: 'openai', status, error: status === 200 ? null : 'upstream_error', ms: 1 },
    ],
  });
  let told: number;
  let refused: RefusedCredentials;
  beforeEach(() => {
    told = 0;
    refused = new RefusedCredentials(
      (target) => target !== 'theirs',
      () => {
        told += 1;
      },
    );
  });

  it('are told when they come, and when one is taken again; a provider that fails says nothing', () => {
    refused.finished(attempt('a', 200));
    expect(told).to.equal(0);
    for (const status of [401, 403, 500, null]) refused.finished(attempt('a', status));
    refused.finished(attempt('b', 200));
    expect([told, refused.has('a'), refused.has('b')]).to.deep.equal([1, true, false]);
    refused.finished(attempt('a', 429));
    expect([told, refused.has('a')]).to.deep.equal([2, false]);
  });

  it('are not those of callers', () => {
    refused.finished(attempt('theirs', 401));
    expect([told, refused.has('theirs')]).to.deep.equal([0, false]);
  });
});
