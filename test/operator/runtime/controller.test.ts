import { expect } from 'chai';
import { Controller, DONE, type Reconcile, TerminalError } from '../../../operator/runtime/controller.ts';
import { type Log, silentLog } from '../../../operator/runtime/log.ts';
import type { Outcome } from '../../../operator/runtime/metrics.ts';
import { ObjectError } from '../../../operator/runtime/objects.ts';
import { StoreError } from '../../../operator/store/errors.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';
import { noMetrics } from '../../fakes/no-metrics.ts';

function controllerWith(reconcile: Reconcile, workers = 1) {
  const clock = new FakeClock();
  const outcomes: Outcome[] = [];
  let timeouts = 0;
  let id = 0;
  const lines: object[] = [];
  const quiet: object[] = [];
  const log: Log = {
    ...silentLog,
    info: (fields) => void quiet.push(fields),
    warn: (fields) => void lines.push(fields),
    error: (fields) => void lines.push(fields),
    child: () => log,
  };
  const metrics = {
    ...noMetrics,
    reconciled: (outcome: Outcome) => outcomes.push(outcome),
    timedOut: () => timeouts++,
  };
  const controller = new Controller({ name: 'test', workers, timeoutMs: 1000 }, reconcile, {
    clock,
    random: () => 1,
    log,
    metrics,
    reconcileId: () => `r${++id}`,
  });
  controller.start();
  return { controller, clock, outcomes, lines, quiet, timeouts: () => timeouts };
}

describe('controller', () => {
  it('gives each run its own id', async () => {
    const ids: string[] = [];
    const { controller } = controllerWith(async (_key, context) => {
      ids.push(context.reconcileId);
      return DONE;
    });
    controller.queue.add('a');
    controller.queue.add('b');
    await settle();
    expect(ids).to.deep.equal(['r1', 'r2']);
    await controller.stop();
  });

  it('runs again after the time that a result asks for', async () => {
    let runs = 0;
    const { controller, clock, outcomes } = controllerWith(async () =>
      ++runs === 1 ? { kind: 'requeue', afterMs: 200 } : DONE,
    );
    controller.queue.add('a');
    await clock.advance(199);
    expect(runs).to.equal(1);
    await clock.advance(1);
    expect(outcomes).to.deep.equal(['requeue_after', 'success']);
    await controller.stop();
  });

  it('retries an error with growing waits until it succeeds', async () => {
    let runs = 0;
    const { controller, clock, outcomes } = controllerWith(async () => {
      if (++runs < 4) throw new Error('unreachable');
      return DONE;
    });
    controller.queue.add('a');
    await clock.advance(5 + 10 + 20);
    expect(outcomes).to.deep.equal(['error', 'error', 'error', 'success']);
    await controller.stop();
  });

  for (const reason of ['Unavailable', 'Conflict', 'Forbidden', 'TooLarge', 'Invalid', 'NotFound'] as const) {
    it(`waits no longer than fifteen seconds while objects answer ${reason}, and tells it once`, async () => {
      let away = true;
      const { controller, clock, outcomes, lines } = controllerWith(async () => {
        if (away) throw new ObjectError(reason, 'not this time');
        return DONE;
      });
      controller.queue.add('a');
      await clock.advance(600_000);
      expect(outcomes.length).to.be.within(45, 60);
      expect(lines).to.deep.equal([{ reason: 'not this time' }]);
      away = false;
      await clock.advance(15_000);
      expect(outcomes.at(-1)).to.equal('success');
      away = true;
      controller.queue.add('a');
      await settle();
      expect(lines).to.have.length(2);
      await controller.stop();
    });
  }

  it('waits no longer than fifteen seconds while the store is away, and tells it once', async () => {
    let away = true;
    const { controller, clock, outcomes, lines } = controllerWith(async () => {
      if (away) throw new StoreError('PostgreSQL at db:5432: it cannot be reached');
      return DONE;
    });
    controller.queue.add('a');
    await clock.advance(600_000);
    expect(lines).to.deep.equal([{ reason: 'PostgreSQL at db:5432: it cannot be reached' }]);
    away = false;
    await clock.advance(15_000);
    expect(outcomes.at(-1)).to.equal('success');
    await controller.stop();
  });

  it('tells quietly and once that a namespace ends, which is no failure', async () => {
    const { controller, clock, outcomes, lines, quiet } = controllerWith(async () => {
      throw new ObjectError('Ending', `because it is being terminated, ${outcomes.length}`);
    });
    controller.queue.add('a');
    await clock.advance(44_000);
    controller.queue.add('a');
    await settle();
    expect(outcomes).to.deep.equal(Array(4).fill('requeue_after'));
    expect(lines).to.deep.equal([]);
    expect(quiet).to.deep.equal([{ reason: 'its namespace is being deleted' }]);
    await controller.stop();
  });

  it('waits no longer after runs that took too long than after refusals', async () => {
    let failing = true;
    const { controller, clock, outcomes } = controllerWith(async (_key, { signal }) => {
      if (failing)
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return DONE;
    });
    controller.queue.add('a');
    await clock.advance(600_000);
    failing = false;
    await clock.advance(16_000);
    expect(outcomes.at(-1)).to.equal('success');
    await controller.stop();
  });

  it('tries no sooner than it was asked to, also when the key is added, and within a minute all the same', async () => {
    let asked = 30_000;
    const { controller, clock, outcomes } = controllerWith(async () => {
      const refusal = new ObjectError('Unavailable', 'too many requests', asked);
      throw outcomes.length % 2 === 0
        ? refusal
        : new TerminalError('too large', { cause: refusal, againMs: 1 });
    });
    controller.queue.add('a');
    for (const [ms, runs] of [
      [29_999, 1],
      [1, 2],
      [29_999, 2],
    ] as const) {
      await clock.advance(ms);
      controller.queue.add('a');
      await settle();
      expect(outcomes).to.have.length(runs);
    }
    asked = 3_600_000;
    await clock.advance(1);
    expect(outcomes).to.have.length(3);
    await clock.advance(60_000);
    expect(outcomes).to.have.length(4);
    await controller.stop();
  });

  it('does not retry a terminal error, but runs again when the key is added', async () => {
    const { controller, clock, outcomes } = controllerWith(async () => {
      throw new TerminalError('the spec is wrong');
    });
    controller.queue.add('a');
    await clock.advance(1_000_000);
    expect(outcomes).to.deep.equal(['terminal_error']);
    controller.queue.add('a');
    await settle();
    expect(outcomes).to.have.length(2);
    await controller.stop();
  });

  it('treats a synchronous throw like a rejection', async () => {
    const { controller, outcomes } = controllerWith(() => {
      throw new TypeError('undefined is not a function');
    });
    controller.queue.add('a');
    await settle();
    expect(outcomes).to.deep.equal(['error']);
    await controller.stop();
  });

  it('aborts the signal at the time-out and keeps the key until the run returns', async () => {
    let concurrent = 0;
    let runs = 0;
    const { controller, clock, timeouts } = controllerWith(async (_key, { signal }) => {
      runs += 1;
      expect(++concurrent).to.equal(1);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      concurrent -= 1;
      throw signal.reason;
    }, 2);
    controller.queue.add('a');
    await settle();
    controller.queue.add('a');
    await clock.advance(999);
    expect([runs, timeouts()]).to.deep.equal([1, 0]);
    await clock.advance(1);
    expect([runs, timeouts()]).to.deep.equal([2, 1]);
    await controller.stop();
  });

  it('waits for running reconciles when it stops, with their signals aborted', async () => {
    let finished = false;
    const { controller } = controllerWith(async (_key, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await settle();
      finished = true;
      return DONE;
    });
    controller.queue.add('a');
    await settle();
    await controller.stop();
    expect(finished).to.equal(true);
  });
});
