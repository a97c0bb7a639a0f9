import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { LocalTokens } from '../../../operator/api/auth.ts';
import type { RunningApi } from '../../../operator/api/server.ts';
import type { Store } from '../../../operator/store/store.ts';
import { startTestApi, type TestApi } from '../../fakes/control-plane-api.ts';
import { exampleEvents } from '../../fakes/events.ts';
import { expectConforms } from './conforms.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const STREAM = '01JD0000000000000000000000';

describe('control-plane API', () => {
  let running: TestApi;
  let store: Store;
  let api: RunningApi;
  let tokens: LocalTokens;

  before(async () => {
    running = await startTestApi(() => NOW);
    ({ api, store, tokens } = running);
  });
  after(async () => {
    await running.close();
    expect(running.unexpected).to.deep.equal([]);
  });

  interface Call {
    method?: string;
    token?: string | null;
    headers?: Record<string, string>;
    body?: string;
  }
  async function call(
    path: string,
    { method = 'GET', token = tokens.personToken, headers = {}, body }: Call = {},
  ) {
    const answer = await fetch(api.url + path, {
      method,
      headers: { ...headers, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
    const json = isJson ? JSON.parse(text) : undefined;
    expectConforms(method, path.split('?')[0]!, answer.status, json);
    return { status: answer.status, text, json };
  }
  const ship = (records: readonly string[], firstSeq: number, over: Call = {}) =>
    call('/v1/events', {
      method: 'POST',
      token: tokens.gatewayToken('default', 'default'),
      body: records.map((record) => `${record}\n`).join(''),
      ...over,
      headers: {
        'content-type': 'application/x-ndjson',
        'kt-stream': STREAM,
        'kt-first-seq': String(firstSeq),
        'kt-count': String(records.length),
        ...over.headers,
      },
    });

  const events = exampleEvents({ stream: STREAM, count: 12, ts: NOW - 60_000 });

  it('takes a batch once, and hands back the very bytes', async () => {
    expect(await ship(events, 0)).to.deep.include({ status: 200, json: { acked: 11 } });
    expect(await ship(events, 0)).to.deep.include({ status: 200, json: { acked: 11 } });
    const list = await call('/v1/events?order=oldest&limit=100');
    expect(list.text).to.contain(events.join(','));
    expect(list.json.events).to.have.length(12);
  });

  it('check 61: GET /v1/events?count=true answers a number', async () => {
    expect((await call('/v1/events?count=true')).json).to.deep.equal({ count: 12 });
    expect((await call('/v1/events?count=true&since=30s')).json).to.deep.equal({ count: 0 });
  });

  it('check 62: decision=block answers only blocked requests', async () => {
    const { json } = await call('/v1/events?decision=block');
    expect(json.events).to.have.length(4);
    expect(json.events.every((event: { verdict: string }) => event.verdict === 'block')).to.equal(true);
  });

  it('pages by cursor', async () => {
    const first = await call('/v1/events?limit=5&model=gpt-4o-mini');
    const second = await call(`/v1/events?limit=500&model=gpt-4o-mini&cursor=${first.json.next_cursor}`);
    const seqs = [...first.json.events, ...second.json.events].map((event: { seq: number }) => event.seq);
    expect(seqs).to.deep.equal([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(second.json.next_cursor).to.equal(null);
  });

  it('answers one event, and 404 for none', async () => {
    const { id } = JSON.parse(events[3]!);
    expect((await call(`/v1/events/${id}`)).text).to.equal(events[3]);
    expect((await call('/v1/events/evt_none')).json.error.code).to.equal('not_found');
  });

  it('gives verifiers heads, lines and columns', async () => {
    const { json } = await call('/v1/streams');
    expect(json.streams).to.have.length(1);
    expect(json.streams[0]).to.include({ stream: STREAM, size: 12 });
    const lines = (await call(`/v1/streams/${STREAM}/lines?from=10`)).json.lines;
    expect(lines.map((line: { record: string }) => line.record)).to.deep.equal(events.slice(10));
  });

  it('refuses gaps, forks, cut bodies and foreign records, each with its code', async () => {
    const code = async (answer: Promise<{ status: number; json: { error: { code: string } } }>) => {
      const { status, json } = await answer;
      return [status, json.error.code];
    };
    expect(await code(ship(events, 20))).to.deep.equal([409, 'sequence_gap']);
    const other = exampleEvents({ stream: STREAM, count: 1, ts: NOW });
    expect(await code(ship(other, 0))).to.deep.equal([422, 'fork']);
    expect(await code(ship(events, 0, { headers: { 'kt-count': '13' } }))).to.deep.equal([
      400,
      'invalid_body',
    ]);
    expect(await code(ship(['{"schema":1}'], 12))).to.deep.equal([422, 'record_refused']);
    expect(await code(ship(['not json'], 12))).to.deep.equal([422, 'record_refused']);
    expect(await code(ship(events, 0, { headers: { 'content-type': 'text/plain' } }))).to.deep.equal([
      415,
      'unsupported_media_type',
    ]);
    expect(await code(ship(events, 0, { token: tokens.gatewayToken('default', 'other') }))).to.deep.equal([
      403,
      'foreign_record',
    ]);
    expect((await call('/v1/events?count=true')).json).to.deep.equal({ count: 12 });
  });

  it('lets nobody in without a token, and gateways only write', async () => {
    expect((await call('/v1/events', { token: null })).status).to.equal(401);
    expect((await call('/v1/events', { token: 'kt_local_wrong' })).status).to.equal(401);
    const gateway = tokens.gatewayToken('default', 'default');
    expect((await call('/v1/events', { token: gateway })).status).to.equal(403);
    expect((await call('/v1/configurations', { token: gateway })).status).to.equal(403);
    expect(
      (await call('/v1/events', { method: 'POST', headers: { 'content-type': 'application/x-ndjson' } }))
        .status,
    ).to.equal(403);
    const forged = gateway.replace('default.default', 'default.other');
    expect((await call('/v1/events', { token: forged })).status).to.equal(401);
  });

  it('keeps its secret and its token to their owner', () => {
    for (const name of ['token', 'token-secret'])
      expect(statSync(join(running.folder, name)).mode & 0o077).to.equal(0);
  });

  it('names the parameter that it cannot read', async () => {
    const { status, json } = await call('/v1/events?since=yesterday');
    expect([status, json.error.code, json.error.parameter]).to.deep.equal([
      400,
      'invalid_parameter',
      'since',
    ]);
  });

  it('lists configurations and hands out an archived document', async () => {
    const revision = {
      hash: 'sha256:abc',
      number: 3,
      namespace: 'default',
      gateway: 'default',
      document: 'pack: {}\n',
      objects: [{ kind: 'GovernancePolicy', namespace: 'default', name: 'p', generation: 2 }],
      compiledAt: NOW,
    };
    await store.archiveRevision(revision);
    const { json } = await call('/v1/configurations');
    expect(json.configurations[0]).to.include({
      hash: 'sha256:abc',
      number: 3,
      compiled_at: '2026-11-24T12:00:00.000Z',
    });
    expect((await call('/v1/configurations/sha256:abc')).json.document).to.equal('pack: {}\n');
    expect((await call('/v1/configurations/sha256:none')).status).to.equal(404);
  });

  it('lists no configuration of a gateway that is gone, and keeps what its events name', async () => {
    running.gone.add('default/default');
    expect((await call('/v1/configurations')).json.configurations).to.deep.equal([]);
    expect((await call('/v1/configurations/sha256:abc')).status).to.equal(200);
    running.gone.clear();
  });

  it('takes the report of an instance from its own gateway only', async () => {
    const path = '/v1/gateways/default/default/instances/a-0';
    const report = {
      contract: 1,
      version: '0.1.0',
      ready: true,
      revision: { number: 3, hash: 'sha256:abc' },
      backlog: 2,
      more: 1,
    };
    const put = (token: string, body: unknown) =>
      call(path, {
        method: 'PUT',
        token,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect((await put(tokens.gatewayToken('default', 'default'), report)).status).to.equal(204);
    expect((await put(tokens.gatewayToken('default', 'other'), report)).status).to.equal(403);
    expect(
      (await put(tokens.gatewayToken('default', 'default'), { ...report, ready: 'yes' })).json.error.code,
    ).to.equal('invalid_body');
    const { json } = await call('/v1/instances');
    expect(json.instances).to.have.length(1);
    expect(json.instances[0]).to.include({ instance: 'a-0', ready: true, backlog: 2 });
    expect(json.instances[0]).to.not.have.property('unready');
    await put(tokens.gatewayToken('default', 'default'), { ...report, ready: false, unready: 'no room' });
    expect((await call('/v1/instances')).json.instances[0]).to.include({ ready: false, unready: 'no room' });
  });

  it('serves health, readiness and metrics without a token', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics'])
      expect((await call(path, { token: null })).status).to.equal(200);
  });
});
