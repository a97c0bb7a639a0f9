import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { createKey } from '../../gateway/contract/key-format.ts';
import { ask } from '../fakes/gateway.ts';
import { KtUp, policyResource, targetResource } from '../fakes/kt-up.ts';
import { documentOf, LoneGateway } from '../fakes/lone-gateway.ts';
import { completion, FakeUpstream, garbage, json, type Script, textStream } from '../fakes/upstream.ts';
import { ALL_KINDS } from './all-kinds.ts';

const VENDOR_KEY = `sk-canary-${randomBytes(16).toString('hex')}`;
const OTHER_KEY = `sk-canary-${randomBytes(16).toString('hex')}`;

/** What vendors do: they quote the key that they were sent. */
const quoting =
  (status: number): Script =>
  (response, { headers }) => {
    response.writeHead(status, { 'content-type': 'application/json', 'x-debug': 'a' });
    response.end(
      JSON.stringify({
        error: { message: `Incorrect API key: ${headers['authorization']}`, type: 'x', code: null },
      }),
    );
  };

/** Files below the folder that hold one of the secrets. */
function holding(folder: string, secrets: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => secrets.some((secret) => readFileSync(file, 'utf8').includes(secret)))
    .map((file) => relative(folder, file))
    .sort();
}

describe('secrets appear nowhere', function () {
  this.timeout(60_000);
  let upstream: FakeUpstream;
  /** All that anybody was answered. */
  let said: string[];

  beforeEach(async () => {
    said = [];
    upstream = await FakeUpstream.start(json(200, completion('Hello!')));
  });
  afterEach(() => upstream.close());

  async function keep(answer: Promise<Response>): Promise<number> {
    const { status, headers, text } = await answer.then(async (one) => ({
      status: one.status,
      headers: one.headers,
      text: await one.text(),
    }));
    said.push(JSON.stringify([...headers]), text);
    return status;
  }

  /** Requests that end in every way, by a caller with this key and by others. */
  async function traffic(chat: (body: object, key: string) => Promise<Response>, key: string): Promise<void> {
    const scripts: [Script, number, object][] = [
      [json(200, completion('Hello!')), 200, {}],
      [textStream(['Hello', '!']), 200, { stream: true }],
      [quoting(401), 502, {}],
      [quoting(403), 502, { stream: true }],
      [quoting(500), 502, {}],
      [quoting(400), 400, {}],
      [garbage('HTTP/1.1 garbage\r\n\r\n'), 502, {}],
    ];
    for (const [script, status, more] of scripts) {
      upstream.scripts = [script];
      expect(await keep(chat(ask('hi', more), key))).to.equal(status);
    }
    upstream.scripts = [json(200, completion('Hello!'))];
    expect(await keep(chat(ask('about Project Falcon'), key))).to.equal(403);
    expect(await keep(chat({ model: 7 }, key))).to.equal(400);
    expect(await keep(chat(ask('hi'), `${key.slice(0, -1)}!`))).to.equal(401);
    expect(await keep(chat(ask('hi'), OTHER_KEY))).to.equal(401);
    expect(
      upstream.requests.some(({ headers }) => headers['authorization'] === `Bearer ${VENDOR_KEY}`),
    ).to.equal(true);
    expect(upstream.requests.some(({ rawHeaders, body }) => `${rawHeaders}${body}`.includes(key))).to.equal(
      false,
    );
  }

  function expectNone(text: string, secrets: readonly string[], where: string): void {
    for (const [index, secret] of secrets.entries())
      expect(text.includes(secret), `secret ${index} in ${where}`).to.equal(false);
  }

  it('of a lone gateway: answers, log at trace level, metrics, config, health, events, state', async () => {
    const gateway = new LoneGateway({
      args: ['--log-level', 'trace'],
      env: { VENDOR_KEY, UNUSED: OTHER_KEY },
    });
    try {
      const document = documentOf(upstream.url, gateway, ALL_KINDS) as {
        providers: { targets: Record<string, unknown>[] };
      };
      document.providers.targets[0]!['secret_key_ref'] = { env: 'VENDOR_KEY' };
      gateway.configure(document);
      await gateway.start();
      await traffic((body, key) => gateway.chat(body, { authorization: `Bearer ${key}` }), gateway.key.value);
      gateway.configure({ ...document, polcy: { key: VENDOR_KEY } });
      for (let metrics = ''; !metrics.includes('config_rejected_total 1'); await sleep(20)) {
        metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      }
      for (const path of [
        '/metrics',
        '/health',
        '/healthz',
        '/readyz',
        '/keeptrusts/config',
        '/v1/events?limit=500',
      ]) {
        expect(await keep(gateway.admin(path)), path).to.equal(200);
      }
      expect(await keep(fetch(`${gateway.adminUrl}/keeptrusts/config`))).to.equal(401);
      expect(gateway.output).to.contain('"level":');
      const secrets = [VENDOR_KEY, OTHER_KEY, gateway.key.value, gateway.adminToken];
      expectNone(said.join('\n'), secrets, 'an answer');
      await gateway.stop();
      expect(holding(gateway.folder.file('state'), secrets)).to.deep.equal([]);
    } finally {
      await gateway.remove();
    }
  });

  it('of kt up: answers, logs at trace level, API, status, state', async () => {
    const key = createKey(randomBytes);
    const up = new KtUp({ args: ['--log-level', 'trace'] });
    try {
      up.write('secret.yaml', {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'vendor' },
        stringData: { 'api-key': VENDOR_KEY },
      });
      up.write(
        'target.yaml',
        targetResource(upstream.url, { credentialSecretRef: { name: 'vendor', key: 'api-key' } }),
      );
      up.write(
        'policy.yaml',
        policyResource({
          identity: { anonymousCallers: 'Denied', keys: [{ id: key.id, sha256: key.sha256 }] },
          entries: [
            {
              name: 'dlp',
              kind: 'DlpFilter',
              dlpFilter: { action: 'Block', blockedTerms: ['Project Falcon'] },
            },
          ],
        }),
      );
      await up.start();
      await traffic(
        (body, caller) =>
          fetch(`${up.url}/v1/chat/completions`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', authorization: `Bearer ${caller}` },
            body: JSON.stringify(body),
          }),
        key.value,
      );
      up.write(
        'broken.yaml',
        `apiVersion: v1\nkind: Secret\nmetadata: {name: other}\nstringData: {a: ${VENDOR_KEY}\n`,
      );
      await up.stored(10);
      await sleep(300);
      const { configurations } = (await up.api('/v1/configurations')) as {
        configurations: { hash: string }[];
      };
      const paths = [
        '/v1/events?limit=500',
        '/v1/streams',
        '/v1/instances',
        '/v1/problems',
        '/v1/configurations',
        '/metrics',
        '/healthz',
        '/readyz',
        '/openapi.json',
      ];
      for (const path of [...paths, ...configurations.map(({ hash }) => `/v1/configurations/${hash}`)]) {
        const answer = fetch(up.apiUrl + path, { headers: { authorization: `Bearer ${up.token}` } });
        expect(await keep(answer), path).to.equal(200);
      }
      expect(
        await keep(fetch(`${up.apiUrl}/v1/events`, { headers: { authorization: `Bearer ${VENDOR_KEY}` } })),
      ).to.equal(401);
      expect(said.join('\n')).to.contain('broken.yaml');
      const secrets = [VENDOR_KEY, OTHER_KEY, key.value, up.token];
      expectNone(said.join('\n'), secrets, 'an answer');
      await up.stop();
      expectNone(up.output, secrets, 'what kt up printed');
      // What is mounted into the gateway's own folder, and the token that people are given.
      const files = holding(up.stateDir, secrets);
      expect(files).to.include('token');
      expect(
        files.filter((file) => !/^(token|pods\/[^/]+\/[^/]+\/volumes\/secrets\/.*)$/.test(file)),
      ).to.deep.equal([]);
    } finally {
      await up.remove();
    }
  });
});
