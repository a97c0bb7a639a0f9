import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { eventually } from '../fakes/folder.ts';
import { ask, TestGateway } from '../fakes/gateway.ts';
import { chunk, FakeUpstream, sse } from '../fakes/upstream.ts';

describe('issue: answers on one connection', () => {
  let gateway: TestGateway;
  let upstream: FakeUpstream;
  let socket: Socket;
  let received = '';

  before(async () => {
    const slow = [chunk({ role: 'assistant', content: 'a' }), ...Array(20).fill(chunk({ content: 'b' }))];
    upstream = await FakeUpstream.start(sse(slow, 50));
    gateway = await TestGateway.start({
      targets: [{ id: 'fake', provider: 'openai', base_url: upstream.url }],
    });
  });
  after(async () => {
    await gateway.close();
    await upstream.close();
  });

  beforeEach(() => {
    received = '';
    socket = connect(gateway.running.trafficPort, '127.0.0.1');
    socket.on('data', (data) => {
      received += data.toString();
    });
    socket.on('error', () => undefined);
  });
  afterEach(() => socket.destroy());

  async function until(done: () => boolean): Promise<void> {
    for (let wait = 0; wait < 1_000 && !done(); wait += 1) await sleep(10);
    expect(done(), received).to.equal(true);
  }

  it('a request without a body does not end it', async () => {
    for (const [path, status] of [
      ['/healthz', 200],
      ['/v1/models', 200],
      ['/nothing', 404],
      ['/healthz', 200],
    ] as const) {
      received = '';
      socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
      await until(() => received.includes('\r\n\r\n{'));
      expect(received)
        .to.match(new RegExp(`^HTTP/1.1 ${status} `))
        .and.not.match(/connection: close/i);
    }
    expect(socket.closed).to.equal(false);
  });

  it('nothing is put into an answer that is on its way', async () => {
    const body = JSON.stringify(ask('x', { stream: true }));
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => received.includes('"a"'));
    socket.write('this is not HTTP\r\n\r\n');
    await until(() => socket.closed);
    expect(received.match(/HTTP\/1\.1/g)).to.have.length(1);
    const decisions = async () => (await gateway.events()).filter(({ kind }) => kind === 'decision');
    await eventually(async () => (await decisions()).length > 0, 'its event');
    const events = (await gateway.settledEvents(1)).filter(({ kind }) => kind === 'decision');
    expect(events.map(({ error }) => error?.code)).to.deep.equal(['caller_gone']);
  });

  it('a request that is broken in its body is told so', async () => {
    const head =
      'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n';
    socket.write(`${head}zz\r\n`);
    await until(() => socket.closed);
    expect(received).to.match(/^HTTP\/1\.1 400 /);
  });
});
