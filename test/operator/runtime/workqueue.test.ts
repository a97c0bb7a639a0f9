import { expect } from 'chai';
import fc from 'fast-check';
import { FailureBackoff, fullJitter } from '../../../operator/runtime/backoff.ts';
import type { Clock } from '../../../operator/runtime/clock.ts';
import { WorkQueue } from '../../../operator/runtime/workqueue.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { noMetrics } from '../../fakes/no-metrics.ts';

function queueWith(random = () => 1): { queue: WorkQueue; clock: FakeClock } {
  const clock = new FakeClock();
  const backoff = new FailureBackoff({ baseMs: 5, capMs: 1000 }, random);
  return { queue: new WorkQueue({ clock, backoff, metrics: noMetrics }), clock };
}

describe('work queue', () => {
  it('works once on a key that was added many times', async () => {
    const { queue } = queueWith();
    for (let i = 0; i < 5; i++) queue.add('a');
    expect(await queue.take()).to.equal('a');
    expect(queue.depth).to.equal(0);
  });

  it('works exactly once more on a key that was added while it was being worked on', async () => {
    const { queue } = queueWith();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    expect(queue.depth, 'not at the same time').to.equal(0);
    queue.done('a');
    expect(await queue.take()).to.equal('a');
    queue.done('a');
    expect(queue.idle).to.equal(true);
  });

  it('tells how long the keys that are being worked on have been, in all', async () => {
    const clock = new FakeClock();
    const backoff = new FailureBackoff({ baseMs: 5, capMs: 1000 }, () => 1);
    let unfinished = (): number => Number.NaN;
    const metrics = {
      ...noMetrics,
      unfinished: (seconds: () => number) => {
        unfinished = seconds;
      },
    };
    const queue = new WorkQueue({ clock, backoff, metrics });
    expect(unfinished()).to.equal(0);
    queue.add('a');
    queue.add('b');
    await queue.take();
    await clock.advance(2000);
    await queue.take();
    await clock.advance(1000);
    expect(unfinished()).to.equal(4);
    queue.done('a');
    expect(unfinished()).to.equal(1);
  });

  it('hands keys out in order of arrival, also to workers that waited', async () => {
    const { queue } = queueWith();
    const first = queue.take();
    const second = queue.take();
    queue.add('a');
    queue.add('b');
    expect(await Promise.all([first, second])).to.deep.equal(['a', 'b']);
  });

  it('adds after a delay, the earliest of several', async () => {
    const { queue, clock } = queueWith();
    queue.addAfter('a', 500);
    queue.addAfter('a', 100);
    queue.addAfter('a', 900);
    await clock.advance(99);
    expect(queue.depth).to.equal(0);
    await clock.advance(1);
    expect(queue.depth).to.equal(1);
    expect(clock.pending).to.equal(0);
  });

  it('drops a pending delay when the key is added at once', async () => {
    const { queue, clock } = queueWith();
    queue.addAfter('a', 500);
    queue.add('a');
    await queue.take();
    queue.done('a');
    await clock.advance(1000);
    expect(queue.depth).to.equal(0);
  });

  it('waits longer after each failure of a key, up to the cap, and starts over after forget', async () => {
    const { queue, clock } = queueWith();
    const waits: number[] = [];
    for (let i = 0; i < 10; i++) {
      const before = clock.monotonic();
      queue.retry('a');
      while (queue.depth === 0) await clock.advance(1);
      waits.push(clock.monotonic() - before);
      await queue.take();
      queue.done('a');
    }
    expect(waits).to.deep.equal([5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
    queue.forget('a');
    queue.retry('a');
    await clock.advance(5);
    expect(queue.depth).to.equal(1);
  });

  it('keeps a key that is held until its time, however it is added', async () => {
    const { queue, clock } = queueWith();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.addAfter('a', 10);
    queue.hold('a', 30_000);
    queue.retry('a');
    queue.done('a');
    queue.add('a');
    queue.add('b');
    expect(await queue.take()).to.equal('b');
    await clock.advance(29_999);
    queue.add('a');
    expect(queue.depth).to.equal(0);
    await clock.advance(1);
    expect(queue.depth).to.equal(1);
    expect(await queue.take()).to.equal('a');
    queue.done('a');
    queue.add('a');
    expect(queue.depth, 'and no longer').to.equal(1);
  });

  it('asks for no wait below nothing, on a clock that goes on between two looks', async () => {
    const waits: number[] = [];
    let now = 0;
    const clock: Clock = {
      now: () => 0,
      monotonic: () => ++now,
      after(ms) {
        waits.push(ms);
        return { cancel: () => {} };
      },
    };
    const backoff = new FailureBackoff({ baseMs: 5, capMs: 1000 }, () => 0.0001);
    const queue = new WorkQueue({ clock, backoff, metrics: noMetrics });
    queue.retry('a');
    expect(waits).to.deep.equal([0.0005]);
  });

  it('gives waiting workers undefined when it closes, and takes nothing more', async () => {
    const { queue, clock } = queueWith();
    const waiting = queue.take();
    queue.addAfter('later', 10);
    queue.close();
    expect(await waiting).to.equal(undefined);
    queue.add('a');
    await clock.advance(100);
    expect(await queue.take()).to.equal(undefined);
  });

  it('never works on one key twice at a time and never loses one', async () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ op: fc.constant('done' as const), key: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ op: fc.constant('take' as const), key: fc.constant('') }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { queue } = queueWith();
        const running = new Set<string>();
        const owed = new Set<string>();
        const take = async () => {
          const key = (await queue.take())!;
          expect(running.has(key)).to.equal(false);
          running.add(key);
          owed.delete(key);
        };
        for (const { op, key } of steps) {
          if (op === 'add') {
            queue.add(key);
            owed.add(key);
          } else if (op === 'done') {
            queue.done(key);
            running.delete(key);
          } else if (queue.depth > 0) await take();
        }
        for (const key of running) queue.done(key);
        running.clear();
        while (queue.depth > 0) await take();
        expect([...owed]).to.deep.equal([]);
      }),
    );
  });
});

describe('back-off', () => {
  it('stays between nothing and the cap, however many failures there were', () => {
    const failures = fc.integer({ min: 0, max: 5000 });
    fc.assert(
      fc.property(failures, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (n, random) => {
        const wait = fullJitter(n, { baseMs: 5, capMs: 300_000 }, () => random);
        expect(wait).to.be.at.least(0).and.below(300_000);
      }),
    );
  });
});
