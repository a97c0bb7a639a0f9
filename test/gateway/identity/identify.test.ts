import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { Identity } from '../../../gateway/contract/document.ts';
import { createKey } from '../../../gateway/contract/key-format.ts';
import { GatewayError } from '../../../gateway/errors.ts';
import { type CredentialHeaders, Identifier } from '../../../gateway/identity/identify.ts';
import { KeySet } from '../../../gateway/identity/key-set.ts';

const now = Date.UTC(2026, 5, 1);
const mine = createKey(randomBytes);
const old = createKey(randomBytes);
const stranger = createKey(randomBytes);

const identity: Identity = {
  anonymous: false,
  keys: [
    {
      id: mine.id,
      sha256: mine.sha256,
      team: 'search',
      user: 'ann',
      models: ['gpt-4o-mini'],
      expires_at: '2026-06-02T00:00:00Z',
    },
    { id: old.id, sha256: old.sha256, expires_at: '2026-05-31T00:00:00Z' },
  ],
  trusted_headers: { team: 'X-Team-Id', task_id: 'x-task' },
};

function headers(more: Partial<Omit<CredentialHeaders, 'raw'>> & { raw?: string[] } = {}): CredentialHeaders {
  return { authorization: undefined, apiKey: undefined, keeptrustsKey: undefined, raw: [], ...more };
}
function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
    throw error;
  }
  return 'none';
}

describe('identification', () => {
  const identifier = new Identifier(identity, true);

  for (const given of [
    headers({ authorization: `Bearer ${mine.value}` }),
    headers({ authorization: `bearer  ${mine.value}` }),
    headers({ apiKey: mine.value }),
    headers({ keeptrustsKey: mine.value, authorization: 'Bearer sk-other' }),
  ]) {
    it(`takes a key in ${Object.entries(given)
      .filter(([name, value]) => name !== 'raw' && value !== undefined)
      .map(([name]) => name)
      .join(' and ')}`, () => {
      const caller = identifier.identify(given, now);
      expect(caller.key?.id).to.equal(mine.id);
      expect(caller).to.include({ team: 'search', user: 'ann' });
      expect([...(caller.models ?? [])]).to.deep.equal(['gpt-4o-mini']);
      expect(caller.credential).to.deep.equal(
        given.keeptrustsKey === undefined ? null : { header: 'authorization', value: 'Bearer sk-other' },
      );
    });
  }

  it('refuses missing, mistyped, unknown and expired keys apart', () => {
    expect(code(() => identifier.identify(headers(), now))).to.equal('missing_key');
    expect(code(() => identifier.identify(headers({ authorization: 'Bearer sk-vendor' }), now))).to.equal(
      'missing_key',
    );
    expect(code(() => identifier.identify(headers({ apiKey: `${mine.value.slice(0, -1)}_` }), now))).to.equal(
      'invalid_key',
    );
    expect(code(() => identifier.identify(headers({ apiKey: stranger.value }), now))).to.equal('invalid_key');
    expect(code(() => identifier.identify(headers({ apiKey: old.value }), now))).to.equal('expired_key');
    expect(code(() => identifier.identify(headers({ apiKey: mine.value }), now + 2 * 86_400_000))).to.equal(
      'expired_key',
    );
  });

  it('lets a key in until the very moment at which it expires, and never where that cannot be read', () => {
    const given = headers({ apiKey: mine.value });
    const moment = Date.UTC(2026, 5, 2);
    expect(identifier.identify(given, moment - 1).key?.id).to.equal(mine.id);
    expect(code(() => identifier.identify(given, moment))).to.equal('expired_key');
    const keys = [{ ...identity.keys[0]!, expires_at: 'soon' }];
    const unreadable = new Identifier({ ...identity, keys }, false);
    expect(code(() => unreadable.identify(given, now))).to.equal('expired_key');
  });

  it('a bad key is refused where anonymous callers are let in: it was meant to say who calls', () => {
    const open = new Identifier({ ...identity, anonymous: true }, false);
    expect(code(() => open.identify(headers({ apiKey: stranger.value }), now))).to.equal('invalid_key');
    expect(open.identify(headers(), now)).to.include({ key: null, team: null });
  });

  it('takes keys of the control plane beside those of the document, as they are at the moment', () => {
    const team = { ...identity.keys[0]!, id: 'other', team: 'stolen' };
    const limits = { models: ['m'], expires_at: '2026-06-02T00:00:00Z' };
    const stored = new KeySet([{ id: stranger.id, sha256: stranger.sha256, team: 'red', ...limits }, team]);
    const both = new Identifier(identity, false, stored);
    const caller = both.identify(headers({ apiKey: stranger.value }), now);
    expect(caller).to.deep.include({ team: 'red', models: new Set(['m']) });
    expect(caller.key?.id).to.equal(stranger.id);
    // Of a value that both hold the entry of the document counts.
    expect(both.identify(headers({ apiKey: mine.value }), now).key?.id).to.equal(mine.id);
    expect(code(() => both.identify(headers({ apiKey: stranger.value }), now + 2 * 86_400_000))).to.equal(
      'expired_key',
    );
    stored.remove(stranger.id);
    expect(code(() => both.identify(headers({ apiKey: stranger.value }), now))).to.equal('invalid_key');
  });

  it('refuses a revoked key also where anonymous callers are let in', () => {
    const stored = new KeySet([{ id: stranger.id, sha256: stranger.sha256 }]);
    const open = new Identifier({ anonymous: true, keys: [] }, false, stored);
    expect(open.identify(headers({ apiKey: stranger.value }), now).key?.id).to.equal(stranger.id);
    stored.remove(stranger.id);
    expect(code(() => open.identify(headers({ apiKey: stranger.value }), now))).to.equal('invalid_key');
    expect(open.identify(headers(), now).key).to.equal(null);
  });

  it('asks for a key where the document has none and the control plane may have', () => {
    const message = (stored: KeySet | null): string => {
      try {
        new Identifier({ anonymous: false, keys: [] }, false, stored).identify(headers(), now);
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    };
    expect(message(null)).to.contain('lets no caller in');
    expect(message(new KeySet())).to.contain('wants a gateway key');
  });

  it('the default holds only where the document has no identity section', () => {
    expect(new Identifier(undefined, true).identify(headers(), now).key).to.equal(null);
    expect(code(() => new Identifier(undefined, false).identify(headers(), now))).to.equal('missing_key');
    expect(code(() => identifier.identify(headers(), now))).to.equal('missing_key');
  });

  it('believes trusted headers only, and the key before them', () => {
    const raw = ['X-TEAM-ID', 'told', 'X-Project', 'no', 'X-Task', 't-1'];
    const open = new Identifier({ ...identity, anonymous: true }, false);
    expect(open.identify(headers({ raw }), now)).to.include({ team: 'told', project: null, taskId: 't-1' });
    expect(open.identify(headers({ raw, apiKey: mine.value }), now)).to.include({
      team: 'search',
      taskId: 't-1',
    });
  });

  it('keeps the caller’s own credential for targets that pass it on', () => {
    const open = new Identifier({ anonymous: true, keys: [] }, false);
    expect(open.identify(headers({ apiKey: 'sk-ant-1' }), now).credential).to.deep.equal({
      header: 'x-api-key',
      value: 'sk-ant-1',
    });
    expect(open.identify(headers({ authorization: 'Basic abc' }), now).credential?.value).to.equal(
      'Basic abc',
    );
  });
});
