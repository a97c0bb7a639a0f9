import { expect } from 'chai';
import { DEFAULT_LIMITS } from '../../gateway/contract/defaults.ts';
import { eventually } from '../fakes/folder.ts';
import { ask, TestGateway } from '../fakes/gateway.ts';
import { FakeControlPlane } from '../gateway/events/fake-control-plane.ts';

/** A gateway that refused every request for want of room for its events was ready all the same, and was sent its share. */
describe('issue: a gateway with a full spool was ready', function () {
  this.timeout(60_000);
  let plane: FakeControlPlane;
  let away: boolean;
  let gateway: TestGateway;

  beforeEach(async () => {
    away = true;
    plane = new FakeControlPlane();
    plane.trouble = () => (away ? 'busy-429' : 'none');
    await plane.start();
  });
  afterEach(async () => {
    await gateway.close();
    await plane.stop();
  });

  async function start(onFull: 'block' | 'drop'): Promise<void> {
    gateway = await TestGateway.start({
      config: {
        control_plane: { url: plane.url },
        limits: { ...DEFAULT_LIMITS, timeouts: {}, on_spool_full: onFull },
      },
      options: { spool: { maxBytes: 24_000 } },
    });
  }

  async function fill(): Promise<void> {
    const isFull = async (): Promise<boolean> => {
      await (await gateway.chat(ask('hi'))).arrayBuffer();
      return (await gateway.metrics()).includes('\nkeeptrusts_gateway_spool_full 1\n');
    };
    await eventually(isFull, 'a full spool');
  }

  async function readiness(): Promise<[number, Record<string, unknown>]> {
    const answer = await fetch(`${gateway.adminUrl}/readyz`);
    return [answer.status, (await answer.json()) as Record<string, unknown>];
  }

  it('block: is unready, says why, and is ready again when the events are taken, without a request', async () => {
    await start('block');
    expect((await readiness())[0]).to.equal(200);
    await fill();
    const refused = await gateway.chat(ask('hi'));
    expect(refused.status).to.equal(503);
    expect(await refused.json()).to.have.nested.property('error.code', 'evidence_unavailable');
    expect(await readiness()).to.deep.equal([
      503,
      { status: 'not_ready', reason: 'it cannot record requests, since its event spool has no room' },
    ]);
    expect(await gateway.metrics()).to.contain('\nkeeptrusts_gateway_ready 0\n');
    away = false;
    await eventually(async () => (await readiness())[0] === 200, 'readiness', 30_000);
    expect((await gateway.chat(ask('hi'))).status).to.equal(200);
  });

  it('drop: serves, and is ready', async () => {
    await start('drop');
    await fill();
    expect((await gateway.chat(ask('hi'))).status).to.equal(200);
    expect((await readiness())[0]).to.equal(200);
  });
});
