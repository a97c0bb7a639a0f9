import { connect } from 'node:net';
import { expect } from 'chai';
import { ask, TestGateway } from '../fakes/gateway.ts';

const HEAD = 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';
const CHUNKED = `${HEAD}transfer-encoding: chunked\r\n\r\n`;

/** The caller got a bare 400, and the event of his request said that he had hung up. */
describe('issue: a malformed chunked body was told as a caller who left', () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await TestGateway.start();
  });
  after(() => gateway.close());

  /** What comes back until the gateway ends the connection. */
  function exchange(parts: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(gateway.running.trafficPort, '127.0.0.1');
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(answer));
      void (async () => {
        for (const part of parts) {
          socket.write(part);
          await new Promise((next) => setTimeout(next, 50));
        }
      })();
    });
  }
  /** Of nobody in particular, which the event of a request is not. */
  const refusals = async () => (await gateway.metrics()).match(/^keeptrusts_gateway_refusals_total.*$/gm);

  for (const [name, status, parts] of [
    ['a size that is no number', 400, [`${CHUNKED}5\r\n{"mod\r\nzz\r\n`]],
    ['a size that is no number, after the head', 400, [`${CHUNKED}5\r\n{"mod\r\n`, 'zz\r\n', 'zz\r\n']],
    ['more data than its size says', 400, [`${CHUNKED}2\r\n{"model"\r\n0\r\n\r\n`]],
    ['extensions without end', 413, [`${CHUNKED}2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`]],
  ] as const) {
    it(`${name}: ${status}, and the one event says so`, async () => {
      const before = (await gateway.events()).length;
      const counted = await refusals();
      const [head, body] = (await exchange(parts)).split('\r\n\r\n') as [string, string];
      expect(head)
        .to.match(new RegExp(`^HTTP/1.1 ${status} `))
        .and.match(/\r\nconnection: close/i);
      const { error } = JSON.parse(body);
      expect(error).to.include({ code: 'invalid_request', type: 'validation_error' });
      const events = (await gateway.events()).slice(before);
      expect(events).to.have.length(1);
      expect(events[0]).to.include({ id: error.event_id, status, verdict: null, reason: 'invalid_request' });
      expect(events[0]!.error).to.deep.include({ code: 'invalid_request' });
      expect(await refusals()).to.deep.equal(counted);
    });
  }

  const MALFORMED = 'transfer-encoding: chunked\r\n\r\n5\r\n{"mod\r\nzz\r\n';
  for (const [name, status, head] of [
    ['an encoding that is not taken', 415, `${HEAD}content-encoding: zstd\r\n`],
    ['a path that there is not', 404, 'POST /nope HTTP/1.1\r\nhost: localhost\r\n'],
    ['a key that is mistyped', 401, `${HEAD}authorization: Bearer kt_gk_nope\r\n`],
    ['a method that is not taken', 405, 'PUT /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n'],
    ['a request that may have no body', 400, 'GET /v1/models HTTP/1.1\r\nhost: localhost\r\n'],
  ] as const) {
    for (const rest of [MALFORMED, MALFORMED.replace('5\r\n{"mod\r\n', '')]) {
      it(`does not take the answer to ${name}, in one packet with its head (${rest.length} bytes)`, async () => {
        const answer = await exchange([head + rest]);
        expect(answer).to.match(new RegExp(`^HTTP/1.1 ${status} `));
        expect(answer.split('HTTP/1.1 ')).to.have.length(2);
        const { error } = JSON.parse(answer.split('\r\n\r\n')[1]!);
        expect(error.request_id).to.match(/^req_/);
      });
    }
  }

  it('what follows a whole request does not take its answer', async () => {
    const body = JSON.stringify(ask('hi'));
    const answer = await exchange([`${HEAD}content-length: ${body.length}\r\n\r\n${body}no HTTP\r\n\r\n`]);
    expect(answer).to.match(/^HTTP\/1\.1 200 /);
    expect(answer.split('HTTP/1.1 ')).to.have.length(2);
    expect((await gateway.lastEvent()).status).to.equal(200);
  });
});
