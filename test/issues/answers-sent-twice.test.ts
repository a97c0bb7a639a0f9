import { expect } from 'chai';
import { ask, TestGateway } from '../fakes/gateway.ts';
import { completion, FakeUpstream, json, reset } from '../fakes/upstream.ts';

/** A provider that broke off in the head of its answer was sent the request again, unseen: it charged twice. */
describe('issue: a request was sent twice to a provider that had begun to answer', () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  beforeEach(async () => {
    upstream = await FakeUpstream.start(json(200, completion('hi')));
    gateway = await TestGateway.start({
      targets: [{ id: 'fake', provider: 'openai', base_url: upstream.url }],
    });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });
  const warmUp = async (): Promise<void> => {
    expect((await gateway.chat(ask('hi'))).status).to.equal(200);
  };

  for (const reused of [false, true]) {
    it(`within the head, on a ${reused ? 'reused' : 'new'} connection: 502 after one`, async () => {
      if (reused) await warmUp();
      const before = upstream.requests.length;
      upstream.scripts = [
        (_response, _seen, socket) => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-ty');
          setTimeout(() => socket.destroy(), 20);
        },
      ];
      expect((await gateway.chat(ask('hi'))).status).to.equal(502);
      expect(upstream.requests.length - before).to.equal(1);
      expect((await gateway.lastEvent()).attempts).to.have.length(1);
    });
  }

  for (const [how, script] of [
    ['reset', reset()],
    ['closed', (_response: unknown, _seen: unknown, socket: { destroy(): void }) => socket.destroy()],
  ] as const) {
    it(`a reused connection that is ${how} without a byte is still tried anew`, async () => {
      await warmUp();
      upstream.scripts = [script, json(200, completion('again'))];
      expect((await gateway.chat(ask('hi'))).status).to.equal(200);
      expect(upstream.requests).to.have.length(3);
    });
  }
});
