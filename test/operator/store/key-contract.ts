import { hash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { KeyChangeQuery, NewKey, StoredKey } from '../../../operator/store/keys.ts';
import type { Store } from '../../../operator/store/store.ts';

/** More than any test puts. */
const MOST = 1_000;

/** Keeps a key that nothing is in the way of. */
export async function put(store: Store, key: NewKey): Promise<StoredKey> {
  const put = await store.putKey(key, MOST);
  return put.result === 'kept' ? put.key : expect.fail(put.result);
}

export function newKey(id: string, more: Partial<NewKey> = {}): NewKey {
  return {
    id,
    sha256: hash('sha256', id, 'hex'),
    namespace: 'default',
    namespaceUid: null,
    gateway: null,
    team: null,
    project: null,
    user: null,
    useCase: null,
    models: null,
    expiresAt: null,
    note: null,
    createdAt: 1_000,
    createdBy: 'ann',
    ...more,
  };
}

/** What a gateway holds that reads everything and then follows, page by page. */
export class Follower {
  readonly namespace: string;
  readonly namespaceUid: string | null;
  readonly gateway: string;
  readonly held = new Set<string>();
  position = 0;
  readonly #limit: number;

  constructor(namespace: string, gateway: string, limit: number, namespaceUid: string | null = null) {
    this.namespace = namespace;
    this.namespaceUid = namespaceUid;
    this.gateway = gateway;
    this.#limit = limit;
  }

  /** One page of the whole. */
  async begin(store: Store): Promise<void> {
    const until = await store.keyPosition();
    for (let more = true; more; ) more = await this.page(store, until);
  }

  async page(store: Store, until: number | null): Promise<boolean> {
    const query: KeyChangeQuery = {
      namespace: this.namespace,
      namespaceUid: this.namespaceUid,
      gateway: this.gateway,
      after: this.position,
      until,
      limit: this.#limit,
    };
    const { keys, position, more } = await store.listKeyChanges(query);
    expect(position).to.be.at.least(this.position);
    for (const { id, revokedAt } of keys) {
      if (revokedAt === null) this.held.add(id);
      else this.held.delete(id);
    }
    this.position = position;
    return more;
  }

  async follow(store: Store): Promise<void> {
    for (let more = true; more; ) more = await this.page(store, null);
  }
}

type Step =
  | { do: 'put'; namespace: string; gateway: string | null }
  | { do: 'revoke'; which: number }
  | { do: 'page'; follower: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('put' as const),
    namespace: fc.constantFrom('a', 'b'),
    gateway: fc.constantFrom(null, 'one', 'two'),
  }),
  fc.record({ do: fc.constant('revoke' as const), which: fc.nat(20) }),
  fc.record({ do: fc.constant('page' as const), follower: fc.nat(3) }),
);

/** What every store must do with keys. */
export function keyContract(name: string, surroundings: { fresh(): Promise<() => Promise<Store>> }): void {
  describe(`store contract of keys: ${name}`, () => {
    let open: () => Promise<Store>;
    let store: Store;
    beforeEach(async () => {
      open = await surroundings.fresh();
      store = await open();
    });
    afterEach(() => store.close());

    const all = { namespace: null, gateway: null, revoked: true, limit: 100, before: null };
    const ids = (keys: readonly StoredKey[]): string[] => keys.map(({ id }) => id);

    it('keeps a key with everything that is said of it, through a restart', async () => {
      const full = newKey('k1', {
        namespaceUid: 'uid-1',
        gateway: 'one',
        team: 'réd "x" \\',
        project: 'p',
        user: 'ann',
        useCase: 'u',
        models: ['a', 'b,c'],
        expiresAt: 4_102_444_800_123,
        note: 'for the laptop 😀',
      });
      const kept = await put(store, full);
      expect(kept).to.deep.include({ ...full, revokedAt: null, revokedBy: null });
      await put(store, newKey('k2'));
      await store.close();
      store = await open();
      expect(await store.getKey('k1')).to.deep.equal(kept);
      expect(await store.getKey('k2')).to.deep.include(newKey('k2'));
      expect(await store.getKey('none')).to.equal(null);
    });

    it('keeps the same key once, and refuses another of its id or its hash', async () => {
      const kept = await put(store, newKey('k1'));
      expect(await put(store, newKey('k1'))).to.deep.equal(kept);
      expect(await store.keyPosition()).to.equal(kept.position);
      for (const other of [
        newKey('k1', { sha256: 'f'.repeat(64) }),
        newKey('k2', { sha256: newKey('k1').sha256 }),
        newKey('k1', { namespace: 'other' }),
      ])
        expect(await store.putKey(other, MOST)).to.deep.equal({ result: 'taken' });
      expect(ids((await store.listKeys(all)).keys)).to.deep.equal(['k1']);
    });

    it('keeps no more of a namespace that are not revoked than it may have', async () => {
      await put(store, newKey('k1'));
      await put(store, newKey('k2'));
      await put(store, newKey('other', { namespace: 'other' }));
      const before = await store.keyPosition();
      expect(await store.putKey(newKey('k3'), 2)).to.deep.equal({ result: 'full' });
      expect(await store.keyPosition()).to.equal(before);
      expect((await store.putKey(newKey('k2'), 2)).result).to.equal('kept');
      await store.revokeKey('k1', { at: 5, by: 'bob' });
      expect((await store.putKey(newKey('k3'), 2)).result).to.equal('kept');
    });

    it('revokes for good, and remembers who did it first', async () => {
      await put(store, newKey('k1'));
      const revoked = await store.revokeKey('k1', { at: 5, by: 'bob' });
      expect(revoked).to.deep.include({ ...newKey('k1'), revokedAt: 5, revokedBy: 'bob' });
      expect(await store.revokeKey('k1', { at: 9, by: 'eve' })).to.deep.equal(revoked);
      expect(await put(store, newKey('k1'))).to.deep.equal(revoked);
      expect(await store.keyPosition()).to.equal(revoked!.position);
      expect(await store.revokeKey('none', { at: 5, by: 'bob' })).to.equal(null);
      await store.close();
      store = await open();
      expect(await store.getKey('k1')).to.deep.equal(revoked);
    });

    it('lists newest first by namespace and gateway, page by page, with or without what was revoked', async () => {
      await put(store, newKey('a1', { namespace: 'a' }));
      await put(store, newKey('b1', { namespace: 'b' }));
      await put(store, newKey('a2', { namespace: 'a', gateway: 'one' }));
      await put(store, newKey('a3', { namespace: 'a', gateway: 'two' }));
      await store.revokeKey('a1', { at: 5, by: 'bob' });
      const list = async (more: object) => ids((await store.listKeys({ ...all, ...more })).keys);
      expect(await list({})).to.deep.equal(['a3', 'a2', 'b1', 'a1']);
      expect(await list({ revoked: false })).to.deep.equal(['a3', 'a2', 'b1']);
      expect(await list({ namespace: 'a' })).to.deep.equal(['a3', 'a2', 'a1']);
      expect(await list({ namespace: 'a', gateway: 'one' })).to.deep.equal(['a2', 'a1']);
      const first = await store.listKeys({ ...all, limit: 2 });
      expect(ids(first.keys)).to.deep.equal(['a3', 'a2']);
      const second = await store.listKeys({ ...all, limit: 2, before: first.next });
      expect(ids(second.keys)).to.deep.equal(['b1', 'a1']);
      expect(second.next).to.equal(null);
    });

    it('tells a gateway what changed for it and nothing of others', async () => {
      await put(store, newKey('mine', { gateway: 'one' }));
      await put(store, newKey('ours'));
      await put(store, newKey('theirs', { gateway: 'two' }));
      await put(store, newKey('foreign', { namespace: 'other', gateway: 'one' }));
      const query = {
        namespace: 'default',
        namespaceUid: null,
        gateway: 'one',
        after: 0,
        until: null,
        limit: 10,
      };
      const changes = await store.listKeyChanges(query);
      expect(ids(changes.keys)).to.deep.equal(['mine', 'ours']);
      expect(changes).to.include({ position: await store.keyPosition(), more: false });
      await store.revokeKey('mine', { at: 5, by: 'bob' });
      const later = await store.listKeyChanges({ ...query, after: changes.position });
      expect(later.keys.map(({ id, revokedAt }) => [id, revokedAt])).to.deep.equal([['mine', 5]]);
      expect(ids((await store.listKeyChanges({ ...query, after: later.position })).keys)).to.deep.equal([]);
      // Whoever begins now has no use for what is revoked.
      const whole = await store.listKeyChanges({ ...query, until: later.position });
      expect(ids(whole.keys)).to.deep.equal(['ours']);
    });

    it('tells a gateway of the keys of its own namespace only, not of an earlier one with its name', async () => {
      await put(store, newKey('none'));
      await put(store, newKey('old', { namespaceUid: 'first' }));
      await put(store, newKey('older', { namespaceUid: 'first', gateway: 'one' }));
      await put(store, newKey('new', { namespaceUid: 'second' }));
      for (const [uid, wanted] of [
        ['first', ['old', 'older']],
        ['second', ['new']],
        ['third', []],
        [null, ['none']],
      ] as const) {
        const follower = new Follower('default', 'one', 1, uid);
        await follower.begin(store);
        await follower.follow(store);
        expect([...follower.held].sort(), String(uid)).to.deep.equal(wanted);
        expect(follower.position).to.equal(await store.keyPosition());
      }
      // What is revoked of the old ones is none of the new namespace's business.
      const second = new Follower('default', 'one', 10, 'second');
      await second.begin(store);
      await store.revokeKey('old', { at: 5, by: 'bob' });
      const { namespace, gateway, namespaceUid, position: after } = second;
      const changes = { namespace, gateway, namespaceUid, after, until: null, limit: 10 };
      expect((await store.listKeyChanges(changes)).keys).to.deep.equal([]);
      // People see them all.
      const listed = await store.listKeys({ ...all, namespace: 'default', revoked: false });
      expect(listed.keys.map(({ id, namespaceUid: uid }) => [id, uid])).to.deep.equal([
        ['new', 'second'],
        ['older', 'first'],
        ['none', null],
      ]);
    });

    it('does not count the keys of an earlier namespace of that name', async () => {
      await store.putKey(newKey('k1', { namespaceUid: 'first' }), 1);
      expect((await store.putKey(newKey('k2', { namespaceUid: 'second' }), 1)).result).to.equal('kept');
      expect((await store.putKey(newKey('k3', { namespaceUid: 'second' }), 1)).result).to.equal('full');
      expect((await store.putKey(newKey('k4', { namespaceUid: 'first' }), 1)).result).to.equal('full');
      expect((await store.putKey(newKey('k5'), 1)).result).to.equal('kept');
      expect((await store.putKey(newKey('k6'), 1)).result).to.equal('full');
    });

    it('leaves a follower with the keys in force, whatever changes between two pages', async () => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { maxLength: 40 }),
          fc.integer({ min: 1, max: 4 }),
          async (steps, limit) => {
            run += 1;
            const space = (namespace: string): string => `${namespace}${run}`;
            const made: NewKey[] = [];
            const revoked = new Set<string>();
            const followers = ['one', 'two'].flatMap((gateway) =>
              ['a', 'b'].map((namespace) => new Follower(space(namespace), gateway, limit)),
            );
            const wholes = new Map<Follower, number>();
            for (const one of steps) {
              if (one.do === 'put') {
                const { namespace, gateway } = one;
                const key = newKey(`r${run}k${made.length}`, { namespace: space(namespace), gateway });
                made.push(key);
                await put(store, key);
              } else if (one.do === 'revoke') {
                const key = made[one.which];
                if (key === undefined) continue;
                revoked.add(key.id);
                await store.revokeKey(key.id, { at: 7, by: 'bob' });
              } else {
                // Everything in force as it was at the first page, then every change since.
                const follower = followers[one.follower]!;
                const until = wholes.get(follower) ?? (await store.keyPosition());
                wholes.set(follower, until);
                await follower.page(store, follower.position < until ? until : null);
              }
            }
            for (const follower of followers) {
              const until = wholes.get(follower) ?? (await store.keyPosition());
              while (follower.position < until) await follower.page(store, until);
              await follower.follow(store);
              const wanted = made.filter(
                ({ id, namespace, gateway }) =>
                  namespace === follower.namespace &&
                  (gateway === null || gateway === follower.gateway) &&
                  !revoked.has(id),
              );
              expect([...follower.held].sort()).to.deep.equal(wanted.map(({ id }) => id).sort());
            }
          },
        ),
        { numRuns: 40 },
      );
    });

    it('loses no change to a follower while many are made at once', async () => {
      const follower = new Follower('default', 'one', 3);
      await follower.begin(store);
      const keys = Array.from({ length: 40 }, (_, index) => newKey(`k${index}`));
      let writing = true;
      const writes = Promise.all(
        keys.map(async (key, index) => {
          await put(store, key);
          if (index % 2 === 0) await store.revokeKey(key.id, { at: 5, by: 'bob' });
        }),
      ).finally(() => {
        writing = false;
      });
      while (writing) await follower.follow(store);
      await writes;
      await follower.follow(store);
      expect([...follower.held].sort()).to.deep.equal(
        keys.flatMap(({ id }, index) => (index % 2 === 0 ? [] : [id])).sort(),
      );
    });
  });
}
