import { connect } from 'node:net';
import { expect } from 'chai';
import { ask, TestGateway } from '../../fakes/gateway.ts';
import { completion, FakeUpstream, json } from '../../fakes/upstream.ts';

/** Sends bytes, collects the answer until the connection ends or falls silent. */
function raw(port: number, text: string | Buffer, quietMs = 150): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let timer = setTimeout(() => socket.destroy(), 2_000);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      clearTimeout(timer);
      timer = setTimeout(() => socket.destroy(), quietMs);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

describe('requests on which two readers may disagree', () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  const body = JSON.stringify(ask('hi'));
  const post = (headers: string, content = body): string =>
    `POST /v1/chat/completions HTTP/1.1\r\n${headers}content-type: application/json\r\n\r\n${content}`;
  const length = `content-length: ${body.length}\r\n`;

  before(async () => {
    upstream = await FakeUpstream.start(json(200, completion('hi')));
    gateway = await TestGateway.start({
      targets: [{ id: 'fake', provider: 'openai', base_url: upstream.url }],
    });
  });
  after(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('serves the plain one', async () => {
    expect(await raw(gateway.running.trafficPort, post(`host: localhost\r\n${length}`))).to.match(
      /^HTTP\/1\.1 200/,
    );
    expect(upstream.requests).to.have.length(1);
  });

  const refused: [string, string, number][] = [
    ['two Host headers', post(`host: localhost\r\nhost: localhost\r\n${length}`), 400],
    ['no Host header', post(length), 400],
    [
      'two Authorization headers',
      post(`host: localhost\r\nauthorization: Bearer a\r\nauthorization: Bearer b\r\n${length}`),
      400,
    ],
    ['absolute-form target', `GET http://evil.example/v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n`, 400],
    ['TE gzip, chunked', post('host: localhost\r\ntransfer-encoding: gzip, chunked\r\n', '0\r\n\r\n'), 501],
    [
      'TE and content-length',
      post(`host: localhost\r\n${length}transfer-encoding: chunked\r\n`, '0\r\n\r\n'),
      400,
    ],
    ['two different content-lengths', post(`host: localhost\r\n${length}content-length: 3\r\n`), 400],
    ['GET with a body', `GET /v1/models HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n\r\nabc`, 400],
    [
      'HTTP/1.0 chunked',
      `POST /v1/chat/completions HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a URL over 2 KiB', `GET /v1/models?${'x'.repeat(3_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 400],
    [
      'headers over 16 KiB',
      `GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(17_000)}\r\n\r\n`,
      431,
    ],
    ['over 100 headers', `GET /v1/models HTTP/1.1\r\nhost: localhost\r\n${'x: y\r\n'.repeat(120)}\r\n`, 431],
    ['a doubled slash', `GET //v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n`, 404],
    ['an encoded path', `GET /v1%2fmodels HTTP/1.1\r\nhost: localhost\r\n\r\n`, 404],
    ['a path that climbs', `GET /v1/../v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n`, 404],
    ['an unknown expectation', post(`host: localhost\r\nexpect: magic\r\n${length}`), 417],
    ['an obs-fold', `GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx: a\r\n b\r\n\r\n`, 400],
  ];
  for (const [name, text, status] of refused) {
    it(`${name}: ${status}, nothing goes upstream`, async () => {
      const before = upstream.requests.length;
      const answer = await raw(gateway.running.trafficPort, text);
      expect(answer).to.match(new RegExp(`^HTTP/1\\.1 ${status}`));
      expect(upstream.requests).to.have.length(before);
    });
  }

  it('asks for the body only after it has looked at its length', async () => {
    const ok = await raw(
      gateway.running.trafficPort,
      post(`host: localhost\r\nexpect: 100-continue\r\n${length}`, ''),
      300,
    );
    expect(ok).to.match(/^HTTP\/1\.1 100/);
    const huge = await raw(
      gateway.running.trafficPort,
      post('host: localhost\r\nexpect: 100-continue\r\ncontent-length: 999999999\r\n', ''),
    );
    expect(huge)
      .to.match(/^HTTP\/1\.1 413/)
      .and.include('body_too_large');
  });

  it('serves pipelined requests in order', async () => {
    const answer = await raw(
      gateway.running.trafficPort,
      post(`host: localhost\r\n${length}`) + post(`host: localhost\r\n${length}`),
      400,
    );
    expect(answer.match(/HTTP\/1\.1 200/g)).to.have.length(2);
  });
});
