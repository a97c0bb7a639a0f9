import { expect } from 'chai';
import type { KeyPage } from '../../../gateway/contract/key-page.ts';
import {
  type ControlPlaneClient,
  createControlPlaneClient,
} from '../../../gateway/events/control-plane-client.ts';
import { followKeys } from '../../../gateway/identity/key-follower.ts';
import { eventually } from '../../fakes/folder.ts';
import { SilentServer } from '../../fakes/silent-server.ts';

const page: KeyPage = { cursor: 'c', whole: true, keys: [], removed: [], more: false };

describe('following the keys of the control plane', () => {
  const warned: object[] = [];
  const log = { info: () => {}, warn: (fields: object) => warned.push(fields), error: () => {} };
  const usual = { logger: log, random: () => 0, maxPauseMs: 2 };
  beforeEach(() => warned.splice(0));

  it('gives a call up that has no answer 5 s after the wait, and begins anew', async () => {
    const paths: string[] = [];
    /** Answers the first call, and no other. */
    const send: ControlPlaneClient['send'] = async (_method, path, _body, _headers, signal) => {
      paths.push(path);
      if (paths.length === 1) return { status: 200, retryAfter: null, body: { ...page } };
      return new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
    };
    const limits: { ms: number; end: AbortController }[] = [];
    const timeout = (ms: number): AbortSignal => {
      const end = new AbortController();
      limits.push({ ms, end });
      return end.signal;
    };
    let taken = 0;
    const follower = followKeys({ ...usual, client: { send }, take: () => (taken += 1), timeout });
    try {
      await eventually(() => paths.length === 2, 'the call that waits for changes', 2_000);
      expect(limits.map(({ ms }) => ms)).to.deep.equal([15_000, 15_000]);
      limits[1]!.end.abort(new Error('too late'));
      await eventually(() => paths.length === 3, 'a new call', 2_000);
      expect(paths).to.deep.equal([
        '/v1/keys/changes',
        '/v1/keys/changes?after=c&wait=10',
        '/v1/keys/changes',
      ]);
      expect(warned).to.deep.equal([{ reason: 'too late' }]);
      expect(taken).to.equal(1);
    } finally {
      await follower.stop();
    }
  });

  /** Follows a control plane that gives these answers in turn and then none; resolves when all are used. */
  async function followed(answers: readonly ('page' | 'changes' | number | 'other')[]) {
    const seen = { paths: [] as string[], pauses: [] as number[], told: [] as string[], taken: 0 };
    const tell = (level: string) => (fields: object) => {
      seen.told.push(`${level} ${'reason' in fields ? String(fields.reason) : ''}`.trim());
    };
    const body = { ...page, cursor: 'a/b+c=&d' };
    const send: ControlPlaneClient['send'] = async (_method, path, _body, _headers, signal) => {
      const answer = answers[seen.paths.length];
      seen.paths.push(path);
      if (typeof answer === 'number') return { status: answer, retryAfter: null, body };
      if (answer === 'page') return { status: 200, retryAfter: null, body };
      if (answer === 'changes') return { status: 200, retryAfter: null, body: { ...body, whole: false } };
      if (answer === 'other') throw new Error('reset');
      // A client that does not heed the signal in time, and answers after the stop.
      return new Promise((resolve) =>
        signal!.addEventListener('abort', () => resolve({ status: 200, retryAfter: null, body })),
      );
    };
    const follower = followKeys({
      client: { send },
      take: () => (seen.taken += 1),
      logger: { info: tell('info'), warn: tell('warn'), error: tell('error') },
      random: () => 1,
      pause: async (ms) => void seen.pauses.push(ms),
    });
    await eventually(() => seen.paths.length > answers.length, 'the last call', 2_000);
    await follower.stop();
    return seen;
  }

  it('waits twice as long after each failure, 3 s at most, and begins small after a success', async () => {
    const { pauses } = await followed([503, 503, 503, 503, 503, 503, 503, 'page', 503]);
    expect(pauses).to.deep.equal([100, 200, 400, 800, 1_600, 3_000, 3_000, 100]);
  });

  it('tells of each failure once, and when it is over', async () => {
    const { told, taken } = await followed([503, 503, 'other', 'page', 'page', 'other']);
    expect(told).to.deep.equal(['warn the control plane answered 503', 'warn reset', 'info', 'warn reset']);
    expect(taken).to.equal(2);
  });

  it('takes changes for no beginning: what is held may be older than they are', async () => {
    const { told, taken, paths } = await followed(['changes', 'page', 'changes']);
    expect(told).to.deep.equal(['warn the control plane did not begin with all keys', 'info']);
    expect(taken).to.equal(2);
    expect(paths.map((path) => path.includes('after='))).to.deep.equal([false, false, true, true]);
  });

  it('sends a cursor back as it was', async () => {
    const { paths } = await followed(['page']);
    expect(new URL(paths[1]!, 'http://any').searchParams.get('after')).to.equal('a/b+c=&d');
  });

  it('takes nothing more once it was stopped, and does not call that a failure', async () => {
    expect(await followed([]))
      .to.include({ taken: 0 })
      .and.to.deep.include({ told: [], pauses: [] });
    const rejects: ControlPlaneClient['send'] = (_method, _path, _body, _headers, signal) =>
      new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)));
    const follower = followKeys({ ...usual, client: { send: rejects }, take: () => expect.fail('no page') });
    await follower.stop();
    expect(warned).to.deep.equal([]);
  });

  it('leaves a connection on which nothing comes for a new one', async () => {
    const server = await SilentServer.start();
    const client = createControlPlaneClient({ url: server.url });
    const timeout = (): AbortSignal => AbortSignal.timeout(20);
    const follower = followKeys({ ...usual, client, take: () => expect.fail('nothing came'), timeout });
    try {
      await eventually(() => server.connections >= 3, 'a third connection', 3_000);
    } finally {
      await follower.stop();
      await client.close();
      await server.stop();
    }
  });
});
