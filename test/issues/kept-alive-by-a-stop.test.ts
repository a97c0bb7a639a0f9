import { connect } from 'node:net';
import { expect } from 'chai';
import { eventually } from '../fakes/folder.ts';
import { ask, TestGateway } from '../fakes/gateway.ts';

/**
 * Whether a connection ends was asked when its request came. A caller whose answer ended in the drain was told that he may
 * keep the connection, which was closed at once: his next request on it failed.
 */
describe('issue: an answer that ended in the drain promised to keep its connection', () => {
  let gateway: TestGateway;
  afterEach(() => gateway.close());

  /** Sends a request, stops the gateway while it is served. @returns all that came until the connection ended */
  async function stoppedMeanwhile(drainMs: number, body: object): Promise<string> {
    gateway = await TestGateway.start({ options: { drainMs } });
    const text = JSON.stringify(body);
    const socket = connect(gateway.running.trafficPort, '127.0.0.1');
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
        `content-length: ${text.length}\r\n\r\n${text}`,
    );
    const answer = new Promise<string>((resolve) => {
      let all = '';
      socket.on('data', (chunk) => {
        all += chunk.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(all));
    });
    await eventually(
      async () => (await gateway.metrics()).includes('keeptrusts_gateway_in_flight_requests 1'),
      'the request is served',
    );
    await gateway.running.close();
    return answer;
  }

  const closes = /^connection: close\r$/im;

  it('of a whole answer', async () => {
    const answer = await stoppedMeanwhile(10_000, ask('hi', { model: 'mock-slow' }));
    expect(answer)
      .to.match(/^HTTP\/1\.1 200 /)
      .and.match(closes)
      .and.not.match(/keep-alive/i);
  });

  it('of a stream', async () => {
    const answer = await stoppedMeanwhile(10_000, ask('hi', { model: 'mock-slow', stream: true }));
    expect(answer)
      .to.match(/^HTTP\/1\.1 200 .*\[DONE\]/s)
      .and.match(closes)
      .and.not.match(/keep-alive/i);
  });

  it('of a refusal, when the grace is over', async () => {
    const answer = await stoppedMeanwhile(0, ask('hi', { model: 'mock-slow' }));
    expect(answer)
      .to.match(/^HTTP\/1\.1 503 /)
      .and.match(closes)
      .and.not.match(/keep-alive/i);
  });
});
