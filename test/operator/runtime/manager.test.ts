import { expect } from 'chai';
import { silentLog } from '../../../operator/runtime/log.ts';
import { Manager, type Part } from '../../../operator/runtime/manager.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';

const options = { syncTimeoutMs: 120_000, graceMs: 30_000 };

function partOf(seen: string[], name: string, over: Partial<Part> = {}): Part {
  return {
    name,
    start: async () => void seen.push(`start ${name}`),
    stop: async () => void seen.push(`stop ${name}`),
    ...over,
  };
}

describe('manager', () => {
  it('starts servers first and controllers last, and stops in reverse', async () => {
    const seen: string[] = [];
    const manager = new Manager(options, { clock: new FakeClock(), log: silentLog });
    manager.add('controllers', partOf(seen, 'gateway'));
    manager.add('caches', partOf(seen, 'cache'));
    manager.add('servers', partOf(seen, 'api'));
    manager.add('background', partOf(seen, 'node'));
    await manager.start();
    await manager.stop();
    expect(seen).to.deep.equal([
      ...['start api', 'start cache', 'start node', 'start gateway'],
      ...['stop gateway', 'stop node', 'stop cache', 'stop api'],
    ]);
  });

  it('stops what it had started when a part fails, and says why', async () => {
    const seen: string[] = [];
    const manager = new Manager(options, { clock: new FakeClock(), log: silentLog });
    manager.add('servers', partOf(seen, 'api'));
    manager.add(
      'caches',
      partOf(seen, 'cache', { start: () => Promise.reject(new Error('no such folder')) }),
    );
    manager.add('controllers', partOf(seen, 'gateway'));
    const failure = await manager.start().catch((error: Error) => error.message);
    expect(failure).to.equal('no such folder');
    expect(seen).to.deep.equal(['start api', 'stop cache', 'stop api']);
  });

  it('gives up on a cache that does not fill', async () => {
    const clock = new FakeClock();
    const manager = new Manager(options, { clock, log: silentLog });
    manager.add('caches', partOf([], 'cache', { start: () => new Promise(() => {}) }));
    const started = manager.start().catch((error: Error) => error.message);
    await clock.advance(120_000);
    expect(await started).to.equal('cache was not in sync after 120000 ms');
  });

  it('says what a cache waited for, as it is when it gives up', async () => {
    const clock = new FakeClock();
    const manager = new Manager(options, { clock, log: silentLog });
    let reason = 'no answer';
    const waitsFor = (): string => reason;
    manager.add('caches', partOf([], 'cache', { start: () => new Promise(() => {}), waitsFor }));
    const started = manager.start().catch((error: Error) => error.message);
    reason = 'connection refused';
    await clock.advance(120_000);
    expect(await started).to.equal('cache was not in sync after 120000 ms: connection refused');
  });

  it('does not wait for ever for a part that will not stop', async () => {
    const seen: string[] = [];
    const clock = new FakeClock();
    const manager = new Manager(options, { clock, log: silentLog });
    manager.add('servers', partOf(seen, 'api'));
    manager.add('background', partOf(seen, 'node', { stop: () => new Promise(() => {}) }));
    await manager.start();
    const stopped = manager.stop();
    await settle();
    await clock.advance(30_000);
    await stopped;
    expect(seen).to.include('stop api');
  });

  it('goes on from where it was told to pause, and stops what is still starting', async () => {
    const seen: string[] = [];
    const manager = new Manager(options, { clock: new FakeClock(), log: silentLog });
    manager.add('caches', partOf(seen, 'cache'));
    manager.add(
      'leader',
      partOf(seen, 'lease', {
        start: (signal) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      }),
    );
    manager.add('controllers', partOf(seen, 'gateway'));
    await manager.start('background');
    expect(seen).to.deep.equal(['start cache']);
    const rest = manager.start().catch((error: Error) => error.message);
    await settle();
    await manager.stop();
    expect(await rest).to.equal('the operator is stopping');
    expect(seen).to.deep.equal(['start cache', 'stop lease', 'stop cache']);
  });

  it('ends a start at once when it is told to stop, whatever a part waits for', async () => {
    const seen: string[] = [];
    const stop = new AbortController();
    const manager = new Manager(options, { clock: new FakeClock(), log: silentLog });
    manager.add('servers', partOf(seen, 'api'));
    manager.add('caches', partOf(seen, 'cache', { start: () => new Promise(() => {}) }));
    manager.add('controllers', partOf(seen, 'gateway'));
    const started = manager.start('controllers', stop.signal).catch((error: Error) => error.message);
    await settle();
    stop.abort(new Error('enough'));
    expect(await started).to.equal('enough');
    expect(seen).to.deep.equal(['start api', 'stop cache', 'stop api']);
  });

  it('starts nothing where it was told to stop before', async () => {
    const seen: string[] = [];
    const manager = new Manager(options, { clock: new FakeClock(), log: silentLog });
    manager.add('servers', partOf(seen, 'api'));
    const stop = AbortSignal.abort(new Error('enough'));
    const started = manager.start('controllers', stop).catch((error: Error) => error.message);
    expect(await started).to.equal('enough');
    expect(seen).to.deep.equal([]);
  });

  it('keeps whoever asks for the end a second time until it has come', async () => {
    const slow = Promise.withResolvers<void>();
    const manager = new Manager(options, { clock: new FakeClock(), log: silentLog });
    manager.add('servers', partOf([], 'api', { stop: () => slow.promise }));
    await manager.start();
    void manager.stop();
    let ended = false;
    const second = manager.stop().then(() => {
      ended = true;
    });
    await settle();
    expect(ended).to.equal(false);
    slow.resolve();
    await second;
  });
});
