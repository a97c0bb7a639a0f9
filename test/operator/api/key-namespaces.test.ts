import { expect } from 'chai';
import type { KeyPage } from '../../../gateway/contract/key-page.ts';
import { notChecked } from '../../../operator/api/access.ts';
import type { Caller } from '../../../operator/api/auth.ts';
import { ApiError } from '../../../operator/api/errors.ts';
import { startTestApi, type TestApi } from '../../fakes/control-plane-api.ts';
import { expectConforms } from './conforms.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const gateway = (account: string | null): Caller => ({
  role: 'gateway',
  namespace: 'shop',
  gateway: 'one',
  instance: null,
  account,
});
const CALLERS: Readonly<Record<string, Caller>> = {
  ann: { role: 'person', user: { username: 'ann', uid: '', groups: [], extra: {} } },
  first: gateway('account of the first'),
  second: gateway('account of the second'),
  'no-account': gateway(null),
};

describe('keys of a namespace that is deleted and made again', () => {
  let running: TestApi;
  let now: number;
  /** Uid of the namespace `shop` as it is; null where it is gone. */
  let uid: string | null;
  let away: boolean;
  let asked: (string | null | undefined)[];
  beforeEach(async () => {
    [now, uid, away, asked] = [NOW, 'uid-1', false, []];
    running = await startTestApi(() => now, {
      authenticator: { authenticate: async (token) => CALLERS[token] ?? null },
      authorizer: { allows: async () => true },
      namespaces: {
        async uidOf(namespace, account) {
          expect(namespace).to.equal('shop');
          asked.push(account);
          if (away) throw notChecked();
          if (uid === null) throw new ApiError('not_found', 'the cluster has no namespace shop.');
          return uid;
        },
      },
    });
  });
  afterEach(async () => {
    await running.close();
    expect(running.unexpected).to.deep.equal([]);
  });

  async function call(token: string, method: string, path: string, body?: object) {
    const answer = await fetch(running.api.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const json = JSON.parse(await answer.text());
    expectConforms(method, path.split('?')[0]!, answer.status, json);
    return { status: answer.status, json };
  }
  async function create(more: object = {}): Promise<string> {
    const { status, json } = await call('ann', 'POST', '/v1/keys', { namespace: 'shop', ...more });
    expect(status).to.equal(201);
    expect(json.key.state).to.equal('active');
    return json.key.id;
  }
  const states = async (): Promise<Record<string, string>> => {
    const { json } = await call('ann', 'GET', '/v1/keys?revoked=true');
    return Object.fromEntries(json.keys.map(({ id, state }: { id: string; state: string }) => [id, state]));
  };
  /** What a gateway that begins now holds. */
  async function begin(token: string): Promise<{ held: string[]; cursor: string }> {
    const held: string[] = [];
    for (let after = ''; ; ) {
      const { json } = await call(token, 'GET', `/v1/keys/changes${after}`);
      const { keys, cursor, more } = json as KeyPage;
      held.push(...keys.map(({ id }) => id));
      if (!more) return { held, cursor };
      after = `?after=${cursor}`;
    }
  }

  it('are taken by no gateway of the new one, and shown as ended', async () => {
    const old = await create();
    expect((await begin('first')).held).to.deep.equal([old]);
    expect(await states()).to.deep.equal({ [old]: 'active' });
    uid = 'uid-2';
    expect((await begin('second')).held).to.deep.equal([]);
    expect(await states()).to.deep.equal({ [old]: 'namespace_deleted' });
    const made = await create();
    expect((await begin('second')).held).to.deep.equal([made]);
    expect(await states()).to.deep.equal({ [old]: 'namespace_deleted', [made]: 'active' });
    expect((await call('ann', 'DELETE', `/v1/keys/${old}`)).json.key.state).to.equal('revoked');
    expect(await states()).to.deep.equal({ [old]: 'revoked', [made]: 'active' });
  });

  it('are told by the account of the gateway that asks, and without one by the namespace as it is', async () => {
    await begin('first');
    expect(new Set(asked)).to.deep.equal(new Set(['account of the first']));
    asked = [];
    await create();
    await states();
    await begin('no-account');
    expect(asked.some((account) => typeof account === 'string')).to.equal(false);
  });

  it('are forgotten by a gateway that followed them: its cursor is of the earlier one', async () => {
    const old = await create();
    const { held, cursor } = await begin('no-account');
    expect(held).to.deep.equal([old]);
    expect((await call('no-account', 'GET', `/v1/keys/changes?after=${cursor}`)).json.whole).to.equal(false);
    uid = 'uid-2';
    const { json } = await call('no-account', 'GET', `/v1/keys/changes?after=${cursor}`);
    expect(json).to.deep.include({ whole: true, keys: [] });
    const later = await call('no-account', 'GET', `/v1/keys/changes?after=${json.cursor}`);
    expect(
      (await call('no-account', 'GET', `/v1/keys/changes?after=${later.json.cursor}`)).json.whole,
    ).to.equal(false);
  });

  it('cannot be made where there is no such namespace, and are ended there', async () => {
    const old = await create();
    uid = null;
    const refused = await call('ann', 'POST', '/v1/keys', { namespace: 'shop' });
    expect([refused.status, refused.json.error.code]).to.deep.equal([404, 'not_found']);
    expect((await call('first', 'GET', '/v1/keys/changes')).status).to.equal(404);
    expect(await states()).to.deep.equal({ [old]: 'namespace_deleted' });
  });

  it('are neither taken nor ended while nobody can say which namespace it is', async () => {
    const [ended, old] = [await create({ expires_at: '2026-11-24T13:00:00Z' }), await create()];
    now += 7_200_000;
    away = true;
    for (const answer of [
      await call('ann', 'POST', '/v1/keys', { namespace: 'shop' }),
      await call('first', 'GET', '/v1/keys/changes'),
    ])
      expect([answer.status, answer.json.error.code]).to.deep.equal([503, 'access_not_checked']);
    expect(await states()).to.deep.equal({ [ended]: 'expired', [old]: 'unknown' });
    expect((await call('ann', 'DELETE', `/v1/keys/${old}`)).json.key.state).to.equal('revoked');
    away = false;
    expect(await states()).to.deep.equal({ [ended]: 'expired', [old]: 'revoked' });
  });

  it('asks for no namespace of which all keys are revoked', async () => {
    const old = await create();
    await call('ann', 'DELETE', `/v1/keys/${old}`);
    asked = [];
    expect(await states()).to.deep.equal({ [old]: 'revoked' });
    expect(asked).to.deep.equal([]);
  });
});
