import { expect } from 'chai';
import { ask, TestGateway } from '../fakes/gateway.ts';
import { configOf, planOf } from '../fakes/plan.ts';

/** What nobody threw on purpose ended the process, or was called a fault of the gateway where it was the caller's. */
describe('issue: a fault of one request', () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await TestGateway.start();
  });
  after(() => gateway.close());

  it('costs that request its connection and no other', async () => {
    const plan = planOf(configOf([{ id: 'mock', provider: 'mock' }]));
    let broken = false;
    gateway.plans.swap({
      ...plan,
      get models() {
        if (broken) throw new TypeError('bug');
        return plan.models;
      },
    });
    broken = true;
    const failed = await fetch(`${gateway.url}/v1/models`).catch((error: unknown) => error);
    expect(failed).to.be.instanceOf(TypeError);
    expect((await gateway.chat(ask('still served'))).status).to.equal(200);
  });

  it('a path that cannot be decoded is told as such on the admin port', async () => {
    const answer = await fetch(`${gateway.adminUrl}/v1/events/%E0%A4%A`);
    expect(answer.status).to.equal(400);
    expect(await answer.json()).to.have.nested.property('error.code', 'invalid_parameter');
  });
});
