import { request } from 'node:http';
import { expect } from 'chai';
import { hostGuard } from '../../gateway/contract/browser-guard.ts';
import { startTestApi, type TestApi } from '../fakes/control-plane-api.ts';
import { TestGateway } from '../fakes/gateway.ts';

const BODY = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }] });

interface Sent {
  port: number;
  path?: string;
  method?: string;
  headers: Record<string, string>;
}

/** Sends exactly these headers; `fetch` would add some of its own. */
function send({ port, path = '/v1/chat/completions', method = 'POST', headers }: Sent) {
  return new Promise<{ status: number; code: string | undefined }>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        body += chunk;
      });
      answer.on('end', () => {
        const type = answer.headers['content-type'] ?? '';
        const { error } = (type.includes('json') ? JSON.parse(body) : {}) as { error?: { code: string } };
        resolve({ status: answer.statusCode ?? 0, code: error?.code });
      });
    });
    sent.on('error', reject).end(method === 'POST' ? BODY : undefined);
  });
}

/** A gateway on loopback serves callers without a key: any page in a browser on the machine was one of them. */
describe('issue: pages of other sites could use a gateway on loopback', () => {
  let gateway: TestGateway;
  let port = 0;
  before(async () => {
    gateway = await TestGateway.start();
    port = gateway.running.trafficPort;
  });
  after(() => gateway.close());

  const json = { 'content-type': 'application/json' };
  for (const { name, headers, status, code } of [
    {
      name: 'a page of another site',
      headers: { ...json, 'sec-fetch-site': 'cross-site' },
      status: 403,
      code: 'cross_site',
    },
    {
      name: 'a page at another port of this machine',
      headers: { ...json, 'sec-fetch-site': 'same-site' },
      status: 403,
      code: 'cross_site',
    },
    {
      name: 'a page whose name was made to resolve to loopback',
      headers: { ...json, host: 'evil.example:41002', 'sec-fetch-site': 'same-origin' },
      status: 403,
      code: 'host_not_allowed',
    },
    {
      name: 'a form, in a browser that does not say where from',
      headers: { 'content-type': 'text/plain', origin: 'https://evil.example' },
      status: 415,
      code: 'unsupported_media_type',
    },
    {
      name: 'a blob without a type',
      headers: { origin: 'https://evil.example' },
      status: 415,
      code: 'unsupported_media_type',
    },
    {
      name: 'the same where only the mode is told',
      headers: { 'sec-fetch-mode': 'no-cors' },
      status: 415,
      code: 'unsupported_media_type',
    },
  ]) {
    it(`${name}: ${status} ${code}`, async () => {
      expect(await send({ port, headers })).to.deep.equal({ status, code });
    });
  }

  for (const { name, headers } of [
    { name: 'an SDK, by the address', headers: json },
    { name: 'a program that says no type', headers: {} },
    { name: 'a program on this machine, by name', headers: { ...json, host: 'localhost:41002' } },
    { name: 'a container on this machine', headers: { ...json, host: 'host.docker.internal:41002' } },
    { name: 'what a person typed', headers: { ...json, 'sec-fetch-site': 'none' } },
  ]) {
    it(`${name}: served`, async () => {
      expect(await send({ port, headers })).to.deep.equal({ status: 200, code: undefined });
    });
  }

  it('the admin port looks at the name too', async () => {
    const { adminPort } = gateway.running;
    const ask = (host: string) =>
      send({ port: adminPort, path: '/metrics', method: 'GET', headers: { host } });
    expect(await ask('evil.example')).to.deep.equal({ status: 403, code: 'host_not_allowed' });
    expect((await ask('127.0.0.1')).status).to.equal(200);
  });

  it('names that may be told of a listener on loopback, and of others', () => {
    const guard = hostGuard('127.0.0.1');
    for (const host of ['LOCALHOST', 'localhost.:80', '[::1]:41002', '127.8.9.1', 'kt.localhost', undefined])
      expect(guard(host), String(host)).to.equal(true);
    for (const host of ['127.0.0.1.evil.example', 'localhost.evil.example', 'evil.example', '10.0.0.1', ''])
      expect(guard(host), host).to.equal(false);
    expect(hostGuard('0.0.0.0')('gateway.team-a.svc')).to.equal(true);
    expect(hostGuard('::1')('[::1]:1')).to.equal(true);
  });
});

describe('issue: pages of other sites could read what the control-plane API tells without a token', () => {
  let running: TestApi;
  before(async () => {
    running = await startTestApi();
  });
  after(() => running.close());

  for (const { name, headers, status, code } of [
    {
      name: 'a page whose name was made to resolve to loopback',
      headers: { host: 'evil.example:8080' },
      status: 403,
      code: 'host_not_allowed',
    },
    {
      name: 'a page of another site',
      headers: { 'sec-fetch-site': 'cross-site' },
      status: 403,
      code: 'cross_site',
    },
    { name: 'what a person typed', headers: { 'sec-fetch-site': 'none' }, status: 200, code: undefined },
    { name: 'a page of its own', headers: { 'sec-fetch-site': 'same-origin' }, status: 200, code: undefined },
  ]) {
    it(`${name}: ${status} ${code ?? 'served'}`, async () => {
      const port = Number(new URL(running.api.url).port);
      for (const path of ['/metrics', '/readyz'])
        expect(await send({ port, path, method: 'GET', headers })).to.deep.equal({ status, code });
    });
  }
});
