import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { BodyRoom, bodyBytesOf } from '../../gateway/server/body-room.ts';
import { eventually } from '../fakes/folder.ts';
import { ask, TestGateway } from '../fakes/gateway.ts';

/** One caller with as many half-sent bodies as there are places kept everybody else out for half a minute. */
describe('issue: slow bodies took the places of others', () => {
  let gateway: TestGateway;
  const sockets: Socket[] = [];
  before(async () => {
    gateway = await TestGateway.start({ options: { maxConcurrency: 2, drainMs: 200 } });
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await gateway.close();
  });

  it('a request is served beside any number of them', async () => {
    for (let index = 0; index < 20; index += 1) {
      const socket = connect(gateway.running.trafficPort, '127.0.0.1');
      socket.on('error', () => undefined);
      sockets.push(socket);
      socket.write(
        'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{"model"',
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    const answer = await gateway.chat(ask('hi'), { signal: AbortSignal.timeout(10_000) });
    expect(answer.status).to.equal(200);
    expect(await gateway.metrics()).to.match(/^keeptrusts_gateway_in_flight_requests 0$/m);
  });

  it('each of them has its event when it breaks off', async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await eventually(async () => (await gateway.events()).length === 21, 'the event of each');
    const events = await gateway.events();
    expect(events.map(({ status }) => status).toSorted()).to.deep.equal([200, ...Array(20).fill(499)]);
  });
});

describe('the room for bodies', () => {
  it('fits the memory, and is never larger than it is of use', () => {
    expect(bodyBytesOf(512 * 2 ** 20)).to.equal(64 * 2 ** 20);
    expect(bodyBytesOf(2 ** 64)).to.equal(256 * 2 ** 20);
  });

  it('is shared, and free again whatever became of a body', () => {
    const room = new BodyRoom(100);
    const one = room.hold();
    const two = room.hold();
    expect([one.take(60), two.take(60), two.take(40), one.take(1)]).to.deep.equal([true, false, true, false]);
    two.release();
    two.release();
    expect(room.bytes).to.equal(60);
    expect(one.take(40)).to.equal(true);
    one.release();
    expect(room.bytes).to.equal(0);
  });
});
