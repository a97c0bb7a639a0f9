import { expect } from 'chai';
import { RefusedCredentials } from '../../gateway/refused-credentials.ts';

describe('credentials that providers refuse', () => {
  const attempt = (target: string, status: number | null, error: string | null = null) => ({
    attempts: [{ target, provider: 'openai', status, error, ms: 1 }],
  });

  it('are told when they come, and when one is taken again; a provider that fails says nothing', () => {
    let told = 0;
    const refused = new RefusedCredentials(() => {
      told += 1;
    });
    refused.finished(attempt('a', 200));
    expect(told).to.equal(0);
    refused.finished(attempt('a', 401, 'upstream_auth'));
    refused.finished(attempt('a', 403, 'upstream_auth'));
    refused.finished(attempt('a', 500, 'upstream_error'));
    refused.finished(attempt('a', null, 'upstream_unreachable'));
    refused.finished(attempt('b', 200));
    expect([told, refused.has('a'), refused.has('b')]).to.deep.equal([1, true, false]);
    refused.finished(attempt('a', 429, 'upstream_error'));
    expect([told, refused.has('a')]).to.deep.equal([2, false]);
  });
});
