import { expect } from 'chai';
import { ask, TestGateway } from '../fakes/gateway.ts';
import { built } from '../gateway/policies/built.ts';

/** The event of a block said that its input phase took no time, since the time was taken after it only. */
describe('issue: how long the entries took stands on the event of a refusal too', () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await TestGateway.start({
      entries: [built('dlp-filter', { blocked_terms: ['Project Falcon'], action: 'block' })],
      targets: [{ id: 'mock', provider: 'mock', mock: { answer: 'Of Project Falcon nothing is known.' } }],
    });
  });
  after(() => gateway.close());

  it('of a block of the input', async () => {
    expect((await gateway.chat(ask('Project Falcon'))).status).to.equal(403);
    const { timings_ms: timings } = await gateway.lastEvent();
    expect(timings.input).to.be.greaterThan(0);
    expect(timings.upstream).to.equal(null);
  });

  it('of a block of the answer', async () => {
    expect((await gateway.chat(ask('Heron'))).status).to.equal(403);
    const { timings_ms: timings, error } = await gateway.lastEvent();
    expect(error?.code).to.equal('output_blocked');
    expect(timings.output).to.be.greaterThan(0);
  });
});
