import { connect } from 'node:net';
import { expect } from 'chai';
import { TestGateway } from '../fakes/gateway.ts';

/** Node itself answered an unknown expectation, and cut a CONNECT: no code, no body, nothing counted. */
describe('issue: refusals that named no code and were not counted', () => {
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await TestGateway.start();
  });
  afterEach(() => gateway.close());

  /** Everything that comes until the gateway ends the connection. */
  function send(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(gateway.running.trafficPort, '127.0.0.1', () => socket.write(text));
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new Error(`the connection did not end: ${answer}`));
      }, 15_000);
      socket.on('data', (chunk) => {
        answer += chunk.toString('latin1');
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
  }

  const post = (expectation: string, version = '1.1'): string =>
    `POST /v1/chat/completions HTTP/${version}\r\nhost: localhost\r\n${expectation}content-type: application/json\r\n` +
    'content-length: 2\r\nconnection: close\r\n\r\n{}';

  /** What `refused` events of the spool count; they are written within a second. */
  async function counted(): Promise<unknown[]> {
    for (const end = Date.now() + 15_000; ; ) {
      const events = await gateway.events();
      if (events.length > 0) return events.map(({ kind, status, facts }) => [kind, status, facts['by_code']]);
      if (Date.now() > end) throw new Error('nothing was counted');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const refused: [string, string, number, string][] = [
    ['an unknown expectation', post('expect: magic\r\n'), 417, 'invalid_request'],
    ['one beside 100-continue', post('expect: 100-continue, magic\r\n'), 417, 'invalid_request'],
    ['one before 100-continue', post('expect: magic\r\nexpect: 100-continue\r\n'), 417, 'invalid_request'],
    ['CONNECT', 'CONNECT a.example:443 HTTP/1.1\r\nhost: a.example\r\n\r\n', 405, 'method_not_allowed'],
  ];
  for (const [name, text, status, code] of refused) {
    it(`${name}: ${status} ${code}, counted once`, async () => {
      const answer = await send(text);
      expect(answer)
        .to.match(new RegExp(`^HTTP/1\\.1 ${status} `))
        .and.match(/^connection: close\r$/im);
      if (status === 405) expect(answer).to.match(/^allow: GET, HEAD, POST\r$/im);
      const { error } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));
      expect(error).to.include({ code, type: 'validation_error' });
      expect(await counted()).to.deep.equal([['refused', status, { [code]: 1 }]]);
      expect(await gateway.metrics()).to.match(new RegExp(`refus\\w*_total{[^}]*${code}[^}]*} 1\n`));
    });
  }

  it('a CONNECT behind a request that is not answered yet ends the connection, and is counted', async () => {
    const slow = JSON.stringify({ model: 'mock-slow', messages: [{ role: 'user', content: 'hi' }] });
    const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n`;
    const connectTo = 'CONNECT a.example:443 HTTP/1.1\r\nhost: a.example\r\n\r\n';
    expect(await send(`${head}content-length: ${slow.length}\r\n\r\n${slow}${connectTo}`)).to.equal('');
    expect(await gateway.metrics()).to.match(/refus\w*_total{[^}]*invalid_request[^}]*} 1\n/);
  });

  it('what an HTTP/1.0 caller expects is ignored', async () => {
    for (const expectation of ['magic', '100-continue']) {
      const answer = await send(post(`expect: ${expectation}\r\n`, '1.0'));
      expect(answer).to.match(/^HTTP\/1\.1 400 /);
      // The body was read, and was none that can be served.
      expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)).error.message).to.contain('model');
    }
  });
});
