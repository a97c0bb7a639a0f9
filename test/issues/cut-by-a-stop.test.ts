import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { ask } from '../fakes/gateway.ts';
import { documentOf, LoneGateway, type RecordedEvent } from '../fakes/lone-gateway.ts';

const MOCK = { providers: { targets: [{ id: 'mock', provider: 'mock' }] } };

/**
 * Only who had a place was told of a stop and waited for: others got no answer, the spool was closed before their event,
 * and the next start took them for the victims of a crash.
 */
describe('issue: a stop cut callers without an answer', function () {
  this.timeout(60_000);
  let gateway: LoneGateway;
  const sockets: Socket[] = [];

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await gateway.remove();
  });

  async function start(...args: string[]): Promise<void> {
    gateway = new LoneGateway({ args });
    gateway.configure(documentOf('http://127.0.0.1:9', gateway, MOCK));
    await gateway.start();
  }

  /** Sends a request, or the beginning of one; resolves with everything that comes until the connection ends. */
  function send(requestId: string, body: string, length = Buffer.byteLength(body)): Promise<string> {
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    sockets.push(socket);
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${gateway.key.value}\r\n` +
        `content-type: application/json\r\ncontent-length: ${length}\r\nx-request-id: ${requestId}\r\n\r\n${body}`,
    );
    return new Promise((resolve) => {
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
    });
  }

  /** Stops the process, which must take no longer than its grace and the end of a process on a busy machine, and say nothing of failures. */
  async function stop(graceMs: number): Promise<void> {
    const at = performance.now();
    const output = await gateway.stop();
    expect(performance.now() - at).to.be.within(graceMs, graceMs + 5_000);
    expect(output).to.not.contain('failed');
  }

  /** What the next start says, and the events of these requests. */
  async function restart(): Promise<Map<string, RecordedEvent[]>> {
    await gateway.start();
    expect(gateway.output).to.not.contain('crash');
    return Map.groupBy(await gateway.events(), ({ request_id }) => request_id ?? '');
  }

  function expectRefusal(answer: string): void {
    expect(answer).to.match(/^HTTP\/1\.1 503 /);
    const { error } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as {
      error: { code: string };
    };
    expect(error.code).to.equal('not_ready');
  }

  it('who still sends a body is answered, and has one event', async () => {
    await start('--drain-seconds', '1');
    const answers = ['a', 'b', 'c'].map((id) => send(id, '{"mo', 500));
    await gateway.recorded('a', 'b', 'c');
    await stop(1_000);
    for (const answer of await Promise.all(answers)) expectRefusal(answer);
    const events = await restart();
    for (const id of ['a', 'b', 'c']) {
      expect(events.get(id), id).to.have.length(1);
      expect(events.get(id)![0]).to.deep.include({ kind: 'decision', status: 503, verdict: null });
    }
  });

  it('who waits for a place is answered and does not take the one that becomes free', async () => {
    await start('--drain-seconds', '0', '--max-concurrency', '1');
    const slow = JSON.stringify(ask('hi', { model: 'mock-slow', stream: true }));
    const answers = ['first', 'second', 'third'].map((id) => send(id, slow));
    await gateway.recorded('first', 'second', 'third');
    await stop(0);
    for (const answer of await Promise.all(answers)) expectRefusal(answer);
    const events = await restart();
    expect([...events.keys()].filter((id) => id !== '').toSorted()).to.deep.equal([
      'first',
      'second',
      'third',
    ]);
    for (const id of ['first', 'second', 'third']) expect(events.get(id), id).to.have.length(1);
    const dispatched = [...events.values()].flat().filter(({ attempts }) => attempts?.length > 0);
    expect(dispatched).to.have.length(1);
  });
});
