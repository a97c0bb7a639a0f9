import { expect } from 'chai';
import { type AccessRequest, notChecked } from '../../../operator/api/access.ts';
import type { Caller } from '../../../operator/api/auth.ts';
import { startTestApi, type TestApi } from '../../fakes/control-plane-api.ts';
import { newKey, put } from '../store/key-contract.ts';
import { expectConforms } from './conforms.ts';

const person = (username: string): Caller => ({
  role: 'person',
  user: { username, uid: '', groups: [], extra: {} },
});
const pod = (namespace: string): Caller => ({
  role: 'gateway',
  namespace,
  gateway: 'default',
  instance: 'default-0',
  account: null,
});
const CALLERS: Readonly<Record<string, Caller>> = {
  ann: person('ann'),
  auditor: person('auditor'),
  nobody: person('nobody'),
  'pod-a': pod('team-a'),
  'pod-b': pod('team-b'),
};
/** `who verb namespace`, `*` for all. */
const RIGHTS = new Set(['ann create team-a', 'ann list team-a', 'ann delete team-a', 'auditor list *']);

describe('who may make, see and revoke keys in a cluster', () => {
  let running: TestApi;
  let away: boolean;
  let asked: string[];
  beforeEach(async () => {
    away = false;
    asked = [];
    running = await startTestApi(Date.now, {
      authenticator: { authenticate: async (token) => CALLERS[token] ?? null },
      authorizer: {
        async allows({ user }, { verb, resource, namespace = '*' }: AccessRequest) {
          if (away) throw notChecked();
          expect(resource).to.equal('keys');
          const request = `${user!.username} ${verb}`;
          asked.push(`${request} ${namespace}`);
          return RIGHTS.has(`${request} ${namespace}`) || RIGHTS.has(`${request} *`);
        },
      },
    });
    await put(running.store, newKey('aaaaaaaaaa', { namespace: 'team-a' }));
    await put(running.store, newKey('bbbbbbbbbb', { namespace: 'team-b' }));
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
  const status = async (...args: Parameters<typeof call>) => (await call(...args)).status;
  const ids = (json: { keys: { id: string }[] }): string[] => json.keys.map(({ id }) => id);

  it('keeps each to the namespaces of their rights, and names them', async () => {
    const { json } = await call('ann', 'POST', '/v1/keys', { namespace: 'team-a' });
    expect(json.key.created_by).to.equal('ann');
    const refused = await call('ann', 'POST', '/v1/keys', { namespace: 'team-b' });
    expect(refused.status).to.equal(403);
    expect(refused.json.error.message).to.contain('ann may not create keys of namespace team-b');
    expect(ids((await call('ann', 'GET', '/v1/keys?namespace=team-a')).json)).to.have.length(2);
    expect(await status('ann', 'GET', '/v1/keys?namespace=team-b')).to.equal(403);
    expect(await status('ann', 'GET', '/v1/keys')).to.equal(403);
    expect(ids((await call('auditor', 'GET', '/v1/keys')).json)).to.have.length(3);
    expect(await status('auditor', 'POST', '/v1/keys', { namespace: 'team-a' })).to.equal(403);
    asked = [];
    expect((await call('ann', 'DELETE', '/v1/keys/aaaaaaaaaa')).json.key.revoked_by).to.equal('ann');
    expect(asked).to.deep.equal(['ann delete team-a']);
  });

  it('does not tell those who may not revoke a key whether there is one', async () => {
    const there = await call('ann', 'DELETE', '/v1/keys/bbbbbbbbbb');
    const none = await call('ann', 'DELETE', '/v1/keys/cccccccccc');
    expect([there.status, none.status]).to.deep.equal([404, 404]);
    expect(there.json.error.message).to.equal(none.json.error.message.replace('cccccccccc', 'bbbbbbbbbb'));
    expect(await status('auditor', 'DELETE', '/v1/keys/aaaaaaaaaa')).to.equal(404);
    const { keys } = await running.store.listKeys({
      ...{ namespace: null, gateway: null, revoked: false, limit: 9, before: null },
    });
    expect(keys).to.have.length(2);
  });

  it('makes and revokes nothing while nobody can say who may', async () => {
    away = true;
    expect(await status('ann', 'POST', '/v1/keys', { namespace: 'team-a' })).to.equal(503);
    expect(await status('ann', 'DELETE', '/v1/keys/aaaaaaaaaa')).to.equal(503);
    expect(await running.store.keyPosition()).to.equal(2);
  });

  it('gives a pod the keys of its own namespace, and nobody else any', async () => {
    expect(ids((await call('pod-a', 'GET', '/v1/keys/changes')).json)).to.deep.equal(['aaaaaaaaaa']);
    expect(ids((await call('pod-b', 'GET', '/v1/keys/changes')).json)).to.deep.equal(['bbbbbbbbbb']);
    for (const who of ['ann', 'auditor', 'nobody']) {
      expect(await status(who, 'GET', '/v1/keys/changes')).to.equal(403);
    }
    expect(await status('stranger', 'GET', '/v1/keys/changes')).to.equal(401);
  });
});
