import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { hashKey, isWellFormedKey } from '../../../gateway/contract/key-format.ts';
import type { KeyPage } from '../../../gateway/contract/key-page.ts';
import { startTestApi, type TestApi } from '../../fakes/control-plane-api.ts';
import { newKey, put } from '../store/key-contract.ts';
import { expectConforms } from './conforms.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');

interface Key {
  id: string;
  state: string;
  [name: string]: unknown;
}

describe('/v1/keys', () => {
  let running: TestApi;
  beforeEach(async () => {
    running = await startTestApi(() => NOW);
  });
  afterEach(async () => {
    await running.close();
    expect(running.unexpected).to.deep.equal([]);
  });

  async function call(
    method: string,
    path: string,
    { token = running.tokens.personToken, body }: { token?: string; body?: unknown } = {},
  ) {
    const answer = await fetch(running.api.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const json = JSON.parse(await answer.text());
    expectConforms(method, path.split('?')[0]!, answer.status, json);
    return { status: answer.status, json, headers: answer.headers };
  }
  async function create(body: object = {}): Promise<{ value: string; key: Key }> {
    const { status, json } = await call('POST', '/v1/keys', { body: { namespace: 'default', ...body } });
    expect(status).to.equal(201);
    return json;
  }
  const revoke = (id: string) => call('DELETE', `/v1/keys/${id}`);
  async function page(query = '', gateway = 'one', namespace = 'default'): Promise<KeyPage> {
    const token = running.tokens.gatewayToken(namespace, gateway);
    const { status, json } = await call('GET', `/v1/keys/changes${query}`, { token });
    expect(status).to.equal(200);
    return json;
  }
  /** Everything that a gateway would hold after it has read all there is. */
  async function readAll(gateway = 'one', namespace = 'default') {
    const held = new Map<string, object>();
    let read = await page('', gateway, namespace);
    for (;;) {
      if (read.whole) held.clear();
      for (const key of read.keys) held.set(key.id, key);
      for (const id of read.removed) held.delete(id);
      if (!read.more) return { held, cursor: read.cursor };
      read = await page(`?after=${read.cursor}`, gateway, namespace);
    }
  }

  it('makes a key whose value is in the answer alone: the store has its hash', async () => {
    const { json, headers } = await call('POST', '/v1/keys', {
      body: {
        namespace: 'default',
        gateway: 'one',
        team: 'red',
        project: 'p',
        user: 'ann',
        use_case: 'chat',
        models: ['a', 'b', 'a'],
        expires_at: '2027-01-31T18:00:00+01:00',
        note: 'laptop',
      },
    });
    expect(headers.get('cache-control')).to.equal('no-store');
    expect(isWellFormedKey(json.value)).to.equal(true);
    expect(json.key).to.deep.equal({
      id: json.value.split('_')[2],
      prefix: json.value.slice(0, 16),
      namespace: 'default',
      gateway: 'one',
      team: 'red',
      project: 'p',
      user: 'ann',
      use_case: 'chat',
      models: ['a', 'b'],
      note: 'laptop',
      state: 'active',
      expires_at: '2027-01-31T17:00:00.000Z',
      created_at: '2026-11-24T12:00:00.000Z',
      created_by: 'local',
      revoked_at: null,
      revoked_by: null,
    });
    const { held } = await readAll();
    expect([...held.values()]).to.deep.equal([
      {
        id: json.key.id,
        sha256: hashKey(json.value),
        team: 'red',
        project: 'p',
        user: 'ann',
        use_case: 'chat',
        models: ['a', 'b'],
        expires_at: '2027-01-31T17:00:00.000Z',
      },
    ]);
    const secret = json.value.split('_')[3];
    for (const file of ['events.db', 'events.db-wal']) {
      expect(readFileSync(join(running.folder, file)).includes(secret), file).to.equal(false);
    }
    expect(JSON.stringify((await call('GET', '/v1/keys')).json)).to.not.contain(secret);
  });

  it('says what is wrong with a wish, and makes nothing', async () => {
    const cases: [unknown, string][] = [
      [[], 'JSON object'],
      [{}, 'namespace is needed'],
      [{ namespace: 'Default' }, 'namespace must be'],
      [{ namespace: 'a', gateway: '' }, 'gateway must be'],
      [{ namespace: 'a', gateway: 'one/two' }, 'gateway must be'],
      [{ namespace: 'a', team: 'a\nb' }, 'team must be'],
      [{ namespace: 'a', user: '\ud800' }, 'user must be'],
      [{ namespace: 'a', team: 'x'.repeat(129) }, 'team must be'],
      [{ namespace: 'a', models: [] }, 'models must be'],
      [{ namespace: 'a', models: 'gpt' }, 'models must be'],
      [{ namespace: 'a', models: ['a b'] }, 'models must be'],
      [{ namespace: 'a', models: Array.from({ length: 65 }, (_, i) => `m${i}`) }, 'models must be'],
      [{ namespace: 'a', expires_at: 'soon' }, 'expires_at must be'],
      [{ namespace: 'a', expires_at: '2027-02-31T25:00:00Z' }, 'does not exist'],
      [{ namespace: 'a', expires_at: '2026-11-24T12:00:00Z' }, 'is past'],
      [{ namespace: 'a', budget: 5 }, "no field 'budget'"],
    ];
    for (const [body, message] of cases) {
      const { status, json } = await call('POST', '/v1/keys', { body });
      expect([status, json.error.code], message).to.deep.equal([400, 'invalid_body']);
      expect(json.error.message).to.contain(message);
    }
    expect((await call('GET', '/v1/keys')).json.keys).to.deep.equal([]);
  });

  it('says so where a namespace has as many keys as it may have', async () => {
    let asked = 0;
    running.store.putKey = async (_key, most) => {
      asked = most;
      return { result: 'full' };
    };
    const { status, json } = await call('POST', '/v1/keys', { body: { namespace: 'default' } });
    expect([status, json.error.code, asked]).to.deep.equal([409, 'too_many_keys', 10_000]);
    expect(json.error.message).to.contain('namespace default');
  });

  it('lists by namespace and gateway, newest first, page by page; what is revoked on request', async () => {
    const first = await create();
    const second = await create({ gateway: 'two' });
    const third = await create({ namespace: 'other' });
    await revoke(first.key.id);
    const ids = async (query: string): Promise<string[]> =>
      (await call('GET', `/v1/keys${query}`)).json.keys.map(({ id }: Key) => id);
    expect(await ids('')).to.deep.equal([third.key.id, second.key.id]);
    expect(await ids('?revoked=true&namespace=default')).to.deep.equal([second.key.id, first.key.id]);
    expect(await ids('?revoked=true&namespace=default&gateway=one')).to.deep.equal([first.key.id]);
    const one = await call('GET', '/v1/keys?limit=1');
    expect(await ids(`?cursor=${one.json.next_cursor}`)).to.deep.equal([second.key.id]);
    expect((await call('GET', '/v1/keys?limit=501')).json.error.parameter).to.equal('limit');
    expect((await call('GET', '/v1/keys?namespace=')).status).to.equal(400);
  });

  it('revokes once, and says who and when', async () => {
    const { key } = await create();
    const { json } = await revoke(key.id);
    expect(json.key).to.include({
      state: 'revoked',
      revoked_at: '2026-11-24T12:00:00.000Z',
      revoked_by: 'local',
    });
    expect((await revoke(key.id)).json).to.deep.equal(json);
    expect((await revoke('0000000000')).json.error.code).to.equal('not_found');
  });

  it('lets gateways read what is theirs, and no more', async () => {
    const ours = await create();
    const mine = await create({ gateway: 'one' });
    await create({ gateway: 'two' });
    await create({ namespace: 'other' });
    expect([...(await readAll()).held.keys()]).to.have.members([ours.key.id, mine.key.id]);
    const token = running.tokens.gatewayToken('default', 'one');
    expect((await call('GET', '/v1/keys', { token })).status).to.equal(403);
    expect((await call('POST', '/v1/keys', { token, body: { namespace: 'default' } })).status).to.equal(403);
    expect((await call('DELETE', `/v1/keys/${mine.key.id}`, { token })).status).to.equal(403);
    expect((await call('GET', '/v1/keys/changes')).status).to.equal(403);
  });

  it('reads many keys in pages, and begins anew for a cursor of another store or a later state', async () => {
    for (let index = 0; index < 251; index += 1) await put(running.store, newKey(`k${index}`));
    const { held, cursor } = await readAll();
    expect(held.size).to.equal(251);
    expect(await page(`?after=${cursor}`)).to.deep.include({ whole: false, keys: [], more: false });
    const [store] = cursor.split('.');
    for (const stranger of ['nonsense', `${store}.999999`, `${store!.replace(/^./, 'x')}.3`]) {
      const begun = await page(`?after=${stranger}`);
      expect(begun.whole, stranger).to.equal(true);
      expect(begun.keys, stranger).to.have.length(250);
    }
    expect((await page(`?after=${store}.0.999999`)).more).to.equal(true);
  });

  it('answers when a key is revoked, and not before; changes of others wake nobody', async () => {
    const { key } = await create();
    const { cursor } = await readAll();
    let answered = false;
    const waiting = page(`?after=${cursor}&wait=20`).finally(() => {
      answered = true;
    });
    await create({ gateway: 'two' });
    await create({ namespace: 'other' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).to.equal(false);
    const at = performance.now();
    await revoke(key.id);
    expect((await waiting).removed).to.deep.equal([key.id]);
    // It is not the end of its 20 s.
    expect(performance.now() - at).to.be.lessThan(5_000);
  });

  it('answers after the wait where nothing changes, with a cursor to go on from', async () => {
    const { cursor } = await readAll();
    const at = performance.now();
    const read = await page(`?after=${cursor}&wait=1`);
    expect(performance.now() - at).to.be.within(900, 3_000);
    expect(read).to.deep.equal({ cursor, whole: false, keys: [], removed: [], more: false });
    const token = running.tokens.gatewayToken('default', 'one');
    for (const wait of ['31', '-1', 'x']) {
      expect((await call('GET', `/v1/keys/changes?wait=${wait}`, { token })).status).to.equal(400);
    }
  });

  it('lets nobody who waits hold up the end', async () => {
    const { cursor } = await readAll();
    const waiting = page(`?after=${cursor}&wait=30`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const at = performance.now();
    await running.api.close();
    expect(await waiting).to.deep.include({ keys: [], more: false });
    expect(performance.now() - at).to.be.lessThan(10_000);
  });

  it('tells a follower everything, whenever keys are made and revoked', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ pauseMs: fc.nat(4), revoked: fc.boolean() }), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          let { cursor } = await readAll();
          const seen: string[] = [];
          const wanted: string[] = [];
          let done = false;
          const following = (async () => {
            while (!done) {
              const read = await page(`?after=${cursor}&wait=1`);
              cursor = read.cursor;
              seen.push(...read.keys.map(({ id }) => `+${id}`), ...read.removed.map((id) => `-${id}`));
              done = wanted.length === changes.length && wanted.every((one) => seen.includes(one));
            }
          })();
          for (const { pauseMs, revoked } of changes) {
            await new Promise((resolve) => setTimeout(resolve, pauseMs));
            const { key } = await create();
            if (revoked) await revoke(key.id);
            wanted.push(`${revoked ? '-' : '+'}${key.id}`);
          }
          await following;
          expect(seen).to.include.members(wanted);
        },
      ),
      { numRuns: 15 },
    );
  }).timeout(60_000);
});
