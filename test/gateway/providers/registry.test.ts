import { expect } from 'chai';
import type { Target } from '../../../gateway/contract/document.ts';
import { VENDORS } from '../../../gateway/contract/vendors.ts';
import { isQuotaExhausted } from '../../../gateway/providers/quota.ts';
import { Connections, vendorProblem } from '../../../gateway/providers/registry.ts';
import type { UpstreamRequest } from '../../../gateway/upstream/upstream.ts';

const request = (target: Target, more: Partial<UpstreamRequest> = {}): UpstreamRequest => ({
  target: { target, unavailable: null },
  model: 'm',
  path: '/x',
  body: Buffer.alloc(0),
  stream: false,
  credential: null,
  timeouts: { connect_ms: 1, queue_ms: 1, first_token_ms: 1, idle_ms: 1, total_ms: 1 },
  ...more,
});

describe('vendors', () => {
  it('are known by name, or usable by address', () => {
    expect(vendorProblem({ id: 'a', provider: 'openai' })).to.equal(null);
    expect(vendorProblem({ id: 'a', provider: 'mock' })).to.equal(null);
    expect(vendorProblem({ id: 'a', provider: 'nobody', base_url: 'https://x.example/v1' })).to.equal(null);
    expect(vendorProblem({ id: 'a', provider: 'openai', base_url: 'https://x.example:99999/v1' })).to.match(
      /base_url of the target is not an http or https address/,
    );
    expect(vendorProblem({ id: 'a', provider: 'anthropic' })).to.include('not served yet');
    expect(vendorProblem({ id: 'a', provider: 'openai-compatible' })).to.include('base_url');
  });

  it('have addresses that can be read', () => {
    for (const { baseUrl } of VENDORS)
      if (baseUrl !== null) expect(URL.canParse(baseUrl) && !baseUrl.endsWith('/'), baseUrl).to.equal(true);
  });

  it('get the target’s credential, or the caller’s where it passes it on, never both', () => {
    const connections = new Connections(() => 'sk-target');
    const own = connections.of(
      request({ id: 'a', provider: 'openai', base_url: 'https://h.example:8443/base/v1/' }),
    );
    expect(own).to.include({ origin: 'https://h.example:8443', basePath: '/base/v1' });
    expect(own.headers).to.include('Bearer sk-target');
    const passing: Target = { id: 'b', provider: 'openai', pass_through_credential: true };
    const credential = { header: 'x-api-key', value: 'sk-caller' };
    expect(connections.of(request(passing, { credential })).headers)
      .to.include('sk-caller')
      .and.not.include('Bearer sk-target');
    expect(connections.of(request(passing)).headers).to.not.include('authorization');
  });

  it('a credential that cannot be read makes the target unavailable and is not told', () => {
    const connections = new Connections(() => {
      throw new Error('cannot read sk-secret');
    });
    expect(() => connections.of(request({ id: 'a', provider: 'openai' })))
      .to.throw('credential of the target "a"')
      .with.property('code', 'target_unavailable');
  });

  it('say in their own words that nothing is left', () => {
    expect(isQuotaExhausted(429, '{"error":{"code":"insufficient_quota"}}')).to.equal(true);
    expect(isQuotaExhausted(429, '{"error":{"code":"rate_limit_exceeded"}}')).to.equal(false);
    expect(isQuotaExhausted(402, '')).to.equal(true);
  });
});
