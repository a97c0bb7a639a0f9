import { expect } from 'chai';
import { ask } from '../fakes/gateway.ts';
import { documentOf, LoneGateway } from '../fakes/lone-gateway.ts';
import { FakeControlPlane } from '../gateway/events/fake-control-plane.ts';

/** A pod tried for five seconds to ship its events and took them with it, though most of its grace was left. */
describe('issue: a pod that ends while the control plane is away', function () {
  this.timeout(60_000);
  const controlPlane = new FakeControlPlane();
  let gateway: LoneGateway;

  afterEach(async () => {
    await gateway.remove();
    await controlPlane.stop();
  });

  it('delivers its events when that is back within its grace, and then ends', async () => {
    await controlPlane.start();
    gateway = new LoneGateway({ args: ['--drain-seconds', '30', '--ship-seconds', '30'] });
    gateway.configure(
      documentOf('http://127.0.0.1:9', gateway, {
        providers: { targets: [{ id: 'mock', provider: 'mock' }] },
        control_plane: { url: controlPlane.url },
      }),
    );
    await gateway.start();
    await controlPlane.stop();
    for (let sent = 0; sent < 10; sent += 1) {
      const answer = await gateway.chat(ask('hello'), { 'x-request-id': `request-${sent}` });
      await answer.arrayBuffer();
      expect(answer.status).to.equal(200);
    }
    const stopping = performance.now();
    const ended = gateway.stop();
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    await controlPlane.start();
    await ended;
    expect(performance.now() - stopping).to.be.below(25_000);
    const [stream = ''] = controlPlane.streams.keys();
    const delivered = controlPlane
      .records(stream)
      .map((record): unknown => JSON.parse(record).request_id)
      .filter((id) => typeof id === 'string');
    expect(delivered).to.deep.equal(Array.from({ length: 10 }, (_, sent) => `request-${sent}`));
  });
});
