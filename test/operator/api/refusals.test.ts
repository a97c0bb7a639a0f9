import { request } from 'node:http';
import { expect } from 'chai';
import { startTestApi, type TestApi } from '../../fakes/control-plane-api.ts';

interface Answer {
  status: number;
  code: string;
  message: string;
  allow: string | undefined;
}

describe('what the API refuses', () => {
  let running: TestApi;
  before(async () => {
    running = await startTestApi();
  });
  after(() => running.close());

  /** By hand: `fetch` mends paths and sets headers of its own. */
  function send(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body = '',
  ): Promise<Answer> {
    const { hostname, port } = new URL(running.api.url);
    const token =
      method === 'GET' ? running.tokens.personToken : running.tokens.gatewayToken('default', 'default');
    return new Promise((resolve, reject) => {
      const call = request(
        { hostname, port, method, path, headers: { authorization: `Bearer ${token}`, ...headers } },
        (answer) => {
          let text = '';
          answer.on('data', (chunk) => {
            text += chunk;
          });
          answer.on('end', () => {
            const { code, message } = JSON.parse(text).error;
            resolve({ status: answer.statusCode!, code, message, allow: answer.headers.allow });
          });
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }

  const INSTANCE = '/v1/gateways/default/default/instances/a';
  const ndjson = { 'content-type': 'application/x-ndjson' };
  const json = { 'content-type': 'application/json' };
  const cases: [string, () => Promise<Answer>, number, string][] = [
    ['an id that is not percent-encoded', () => send('GET', '/v1/events/%E0%A4%A'), 400, 'invalid_parameter'],
    ['a lone percent sign', () => send('GET', '/v1/configurations/%'), 400, 'invalid_parameter'],
    [
      'a body that is not the gzip it says',
      () => send('POST', '/v1/events', { ...ndjson, 'content-encoding': 'gzip' }, 'CANARY'),
      400,
      'invalid_body',
    ],
    [
      'an encoding that is not known',
      () => send('POST', '/v1/events', { ...ndjson, 'content-encoding': 'CANARY' }, 'x'),
      415,
      'unsupported_media_type',
    ],
    [
      'a character set that is not known',
      () => send('PUT', INSTANCE, { 'content-type': 'application/json; charset=CANARY' }, '{}'),
      415,
      'unsupported_media_type',
    ],
    ['a body that is not JSON', () => send('PUT', INSTANCE, json, '["CANARY'), 400, 'invalid_body'],
    [
      'a report of 300 KB',
      () => send('PUT', INSTANCE, json, `"${'x'.repeat(300_000)}"`),
      413,
      'body_too_large',
    ],
    [
      'a report whose hash has no end',
      () =>
        send(
          'PUT',
          INSTANCE,
          json,
          JSON.stringify({ contract: 1, version: '1', ready: true, revision: { hash: 'x'.repeat(100_000) } }),
        ),
      400,
      'invalid_body',
    ],
    ['a path that is not there', () => send('GET', '/v1/eventz'), 404, 'not_found'],
  ];
  for (const [what, call, status, code] of cases) {
    it(`${what} is ${status} ${code}, and a fault of nobody here`, async () => {
      const answer = await call();
      expect([answer.status, answer.code]).to.deep.equal([status, code]);
      expect(answer.message).to.not.contain('CANARY');
      expect(running.unexpected).to.deep.equal([]);
    });
  }

  it('another method is 405 and names those that the path takes', async () => {
    expect(await send('DELETE', '/v1/events')).to.include({
      status: 405,
      code: 'method_not_allowed',
      allow: 'GET, POST',
    });
    expect(await send('POST', INSTANCE)).to.include({ status: 405, allow: 'PUT' });
    expect(await send('PATCH', '/healthz')).to.include({ status: 405, allow: 'GET' });
  });
});
