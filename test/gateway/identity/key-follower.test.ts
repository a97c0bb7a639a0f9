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
