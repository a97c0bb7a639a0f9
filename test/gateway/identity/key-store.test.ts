import { hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import type { GatewayKey } from '../../../gateway/contract/document.ts';
import type { KeyPage } from '../../../gateway/contract/key-page.ts';
import type { ControlPlaneAnswer, ControlPlaneClient } from '../../../gateway/events/control-plane-client.ts';
import { KeyFile, type SavedKeys } from '../../../gateway/identity/key-file.ts';
import type { KeyFollower } from '../../../gateway/identity/key-follower.ts';
import { CallerKeys } from '../../../gateway/identity/key-store.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { eventually, TestFolder } from '../../fakes/folder.ts';

const hashOf = (id: string): string => hash('sha256', id, 'hex');
const keyOf = (id: string, more: object = {}): GatewayKey => ({ id, sha256: hashOf(id), ...more });

/** A control plane whose answers a test gives one by one. */
class Script implements ControlPlaneClient {
  readonly paths: string[] = [];
  readonly #waiting: ((answer: ControlPlaneAnswer | Error) => void)[] = [];

  async send(...[, path, , , signal]: Parameters<ControlPlaneClient['send']>): Promise<ControlPlaneAnswer> {
    this.paths.push(path);
    const answer = await new Promise<ControlPlaneAnswer | Error>((resolve) => {
      this.#waiting.push(resolve);
      signal?.addEventListener('abort', () => resolve(new Error('aborted')));
    });
    if (answer instanceof Error) throw answer;
    return answer;
  }

  /** Answers the call that is open, or the next one. */
  async answer(page: Partial<KeyPage> | { status: number } | Error): Promise<void> {
    await eventually(() => this.#waiting.length > 0, 'a call');
    const next = this.#waiting.shift()!;
    if (page instanceof Error) next(page);
    else if ('status' in page) next({ status: page.status, retryAfter: null, body: null });
    else {
      const body = { cursor: 'c', whole: false, keys: [], removed: [], more: false, ...page };
      next({ status: 200, retryAfter: null, body });
    }
    await sleep(1);
  }

  close = async (): Promise<void> => undefined;
}

describe('keys of the control plane, as a gateway holds them', () => {
  let folder: TestFolder;
  let clock: FakeClock;
  let logged: string[];
  let readied: number;
  let client: Script;
  let keys: CallerKeys;
  let follower: KeyFollower;
  const log = (level: string) => (fields: object, text: string) => {
    logged.push(`${level} ${text} ${JSON.stringify(fields)}`);
  };
  const logger = { info: log('info'), warn: log('warn'), error: log('error') };
  function open(): CallerKeys {
    const file = new KeyFile(folder.file('caller-keys'), { namespace: 'default', gateway: 'local' });
    return new CallerKeys({
      file,
      clock,
      logger,
      random: () => 0,
      onReady: () => {
        readied += 1;
      },
    });
  }
  beforeEach(() => {
    folder = new TestFolder();
    clock = new FakeClock();
    [logged, readied] = [[], 0];
    client = new Script();
    keys = open();
    follower = keys.follow(client);
  });
  afterEach(async () => {
    await follower.stop();
    await keys.close();
    folder.remove();
  });
  const holds = (...ids: string[]): boolean[] => ids.map((id) => keys.find(hashOf(id))?.key.id === id);

  it('reads everything first, page by page, and is ready when all is read and not before', async () => {
    await client.answer({ whole: true, keys: [keyOf('a')], more: true, cursor: 'c1' });
    expect([keys.ready, keys.stats, readied, ...holds('a')]).to.deep.equal([false, null, 0, false]);
    await client.answer({ keys: [keyOf('b', { models: ['m'] })], more: true, cursor: 'c2' });
    await client.answer({ removed: ['a'], cursor: 'c3' });
    expect([keys.ready, readied, ...holds('a', 'b')]).to.deep.equal([true, 1, false, true]);
    expect(keys.find(hashOf('b'))?.models?.has('m')).to.equal(true);
    await eventually(() => client.paths.length === 4, 'a fourth call');
    const path = '/v1/keys/changes';
    // Only where all is read it waits for what comes.
    expect(client.paths).to.deep.equal([
      path,
      `${path}?after=c1&wait=0`,
      `${path}?after=c2&wait=0`,
      `${path}?after=c3&wait=10`,
    ]);
  });

  it('acts on a revocation at once, also where there is more to read', async () => {
    await client.answer({ whole: true, keys: [keyOf('a'), keyOf('b')] });
    await client.answer({ removed: ['a'], more: true });
    expect(holds('a', 'b')).to.deep.equal([false, true]);
    expect(readied).to.equal(1);
  });

  it('keeps what it holds while the control plane is away, and says how old it is', async () => {
    await client.answer({ whole: true, keys: [keyOf('a')] });
    expect(keys.stats).to.deep.equal({ count: 1, ageSeconds: 0, unreadable: 0 });
    await clock.advance(7_000);
    await client.answer(new Error('refused'));
    await client.answer(new Error('refused'));
    await client.answer({ status: 503 });
    await clock.advance(86_400_000);
    expect(holds('a')).to.deep.equal([true]);
    expect(keys.stats).to.deep.equal({ count: 1, ageSeconds: 86_407, unreadable: 0 });
    expect(logged.map((line) => line.split('; ')[0])).to.deep.equal([
      'warn keys cannot be read from the control plane',
      'warn keys cannot be read from the control plane',
    ]);
    await client.answer({ whole: true, keys: [keyOf('b')] });
    expect([keys.stats?.ageSeconds, ...holds('a', 'b')]).to.deep.equal([0, false, true]);
    expect(logged.at(-1)).to.contain('info keys come from the control plane again');
  });

  it('begins anew after a failure: the control plane may have been put back', async () => {
    await client.answer({ whole: true, keys: [keyOf('a')], cursor: 'c1' });
    await client.answer(new Error('reset'));
    await eventually(() => client.paths.length === 3, 'a third call');
    expect(client.paths[2]).to.equal('/v1/keys/changes');
  });

  it('takes nothing from what is no page, and keeps what it holds', async () => {
    await client.answer({ whole: true, keys: [keyOf('a')] });
    for (const wrong of [
      { cursor: 5 },
      { keys: [{ sha256: hashOf('b') }] },
      { keys: 'all' },
      { removed: [5] },
      { whole: 'no' },
    ]) {
      await client.answer(wrong as never);
      expect([keys.stats?.count, ...holds('a')], JSON.stringify(wrong)).to.deep.equal([1, true]);
    }
    expect(logged.join()).to.contain('no page of keys');
  });

  it('takes no key with a limit that it does not know, or that it cannot read, and counts it', async () => {
    const strange = [
      keyOf('b', { routes: ['/v1/chat'] }),
      { id: 'c', sha256: 'AA' },
      keyOf('d', { models: [] }),
      keyOf('e', { team: 5 }),
    ] as GatewayKey[];
    await client.answer({ whole: true, keys: [keyOf('a'), ...strange] });
    expect(holds('a', 'b', 'c', 'd', 'e')).to.deep.equal([true, false, false, false, false]);
    expect(keys.stats).to.include({ count: 1, unreadable: 4 });
    await client.answer({ removed: ['b'], keys: [keyOf('e')] });
    expect(keys.stats).to.include({ count: 2, unreadable: 2 });
  });

  it('shuts a key that gets a limit which it does not know, and does not go on with its wider rights', async () => {
    await client.answer({ whole: true, keys: [keyOf('a'), keyOf('b')] });
    await client.answer({ keys: [keyOf('a', { routes: ['/v1/chat'] }) as GatewayKey] });
    expect(holds('a', 'b')).to.deep.equal([false, true]);
    expect(keys.stats).to.include({ count: 1, unreadable: 1 });
    await keys.close();
    expect(open().find(hashOf('a'))).to.equal(undefined);
  });

  it('begins the next start with what is on the disk', async () => {
    await client.answer({ whole: true, keys: [keyOf('a')] });
    await client.answer({ keys: [keyOf('b')] });
    await follower.stop();
    await keys.close();
    clock.jump(60_000);
    const later = open();
    expect(later.ready).to.equal(true);
    expect(later.find(hashOf('b'))?.key.id).to.equal('b');
    expect(later.stats?.ageSeconds).to.be.closeTo(60, 0.1);
  });

  it('goes on where the disk cannot be written, says so once, and writes later', async () => {
    folder.write('caller-keys.next/in-the-way', '');
    await client.answer({ whole: true, keys: [keyOf('a')] });
    await keys.close();
    await client.answer({ keys: [keyOf('b')] });
    await keys.close();
    expect(holds('a', 'b')).to.deep.equal([true, true]);
    expect(logged.filter((line) => line.includes('cannot be put on the disk'))).to.have.length(1);
    folder.remove();
    folder = new TestFolder();
  });

  it('puts a revocation on the disk with the next confirmation where the disk could not be written', async () => {
    await client.answer({ whole: true, keys: [keyOf('a'), keyOf('b')] });
    await keys.close();
    folder.write('caller-keys.next/in-the-way', '');
    await client.answer({ removed: ['a'] });
    await keys.close();
    expect(open().find(hashOf('a'))?.key.id, 'the write failed').to.equal('a');
    rmSync(folder.file('caller-keys.next'), { recursive: true });
    await client.answer({});
    await keys.close();
    const later = open();
    expect(later.find(hashOf('a'))).to.equal(undefined);
    expect(later.find(hashOf('b'))?.key.id).to.equal('b');
  });

  it('puts on the disk that there are no keys any more', async () => {
    await client.answer({ whole: true, keys: [keyOf('a')] });
    await client.answer(new Error('reset'));
    await client.answer({ whole: true });
    await keys.close();
    expect(open().find(hashOf('a'))).to.equal(undefined);
    expect(open().ready).to.equal(true);
  });

  it('tells of the disk again where it failed, was well and fails again', async () => {
    const block = (): void => folder.write('caller-keys.next/in-the-way', '');
    block();
    await client.answer({ whole: true, keys: [keyOf('a')] });
    await keys.close();
    rmSync(folder.file('caller-keys.next'), { recursive: true });
    await client.answer({});
    await keys.close();
    block();
    await client.answer({ keys: [keyOf('b')] });
    await keys.close();
    expect(logged.filter((line) => line.includes('cannot be put on the disk'))).to.have.length(2);
  });

  it('forgets what it could not read once all is read anew', async () => {
    await client.answer({ whole: true, keys: [{ id: 'c', sha256: 'AA' }] });
    expect(keys.stats).to.include({ unreadable: 1 });
    await client.answer(new Error('reset'));
    await client.answer({ whole: true });
    expect(keys.stats).to.include({ unreadable: 0 });
    expect(readied, 'ready is told once').to.equal(1);
  });

  it('writes the file for a change alone, one write at a time, and the newest after a slow one', async () => {
    const done: string[] = [];
    let release: (() => void) | null = null;
    class SlowFile extends KeyFile {
      override async write({ keys }: SavedKeys): Promise<void> {
        await new Promise<void>((resolve) => (release = resolve));
        done.push(`write ${keys.map(({ id }) => id).join()}`);
      }
      override async confirm(): Promise<void> {
        done.push('confirm');
      }
    }
    const file = new SlowFile(folder.file('slow'), { namespace: 'default', gateway: 'local' });
    const slow = new CallerKeys({ file, clock, logger, random: () => 0, onReady: () => {} });
    const script = new Script();
    const following = slow.follow(script);
    const finish = async (): Promise<void> => {
      await eventually(() => release !== null, 'a write');
      const finished = release!;
      release = null;
      finished();
      await sleep(1);
    };
    await script.answer({ whole: true, keys: [keyOf('a')] });
    await script.answer({ keys: [keyOf('b')] });
    await script.answer({ keys: [keyOf('c')], removed: ['a'] });
    expect(done).to.deep.equal([]);
    await finish();
    await finish();
    await script.answer({});
    await script.answer({});
    await following.stop();
    await slow.close();
    expect(done).to.deep.equal(['write a', 'write b,c', 'confirm', 'confirm']);
  });

  it('holds what the control plane told, whatever the pages and the failures between them', async () => {
    const change = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), revoked: fc.boolean() });
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.array(change, { maxLength: 3 }) },
      fc.constant('fail' as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
        const fresh = new Script();
        const store = open();
        const following = store.follow(fresh);
        const truth = new Set<string>();
        let begun = false;
        for (const one of steps) {
          if (one === 'fail') {
            begun = false;
            await fresh.answer(new Error('reset'));
            continue;
          }
          for (const { id, revoked } of one) {
            if (revoked) truth.delete(id);
            else truth.add(id);
          }
          const last = new Map(one.map(({ id }) => [id, truth.has(id)]));
          const ids = begun ? [...last].filter(([, there]) => there).map(([id]) => id) : [...truth];
          const removed = begun ? [...last].filter(([, there]) => !there).map(([id]) => id) : [];
          await fresh.answer({ whole: !begun, keys: ids.map((id) => keyOf(id)), removed });
          begun = true;
          const held = ['a', 'b', 'c', 'd'].filter((id) => store.find(hashOf(id)) !== undefined);
          expect(held).to.deep.equal([...truth].sort());
        }
        await following.stop();
        await store.close();
      }),
      { numRuns: 15 },
    );
  }).timeout(60_000);
});
