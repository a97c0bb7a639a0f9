import { expect } from 'chai';
import { TimerWheel } from '../../../gateway/upstream/timer-wheel.ts';

describe('the timer wheel', () => {
  let now = 0;
  let wheel: TimerWheel;
  const fired: string[] = [];
  const pass = (ms: number): void => {
    for (const end = now + ms; now < end; ) {
      now += 100;
      wheel.advance();
    }
  };
  beforeEach(() => {
    now = 0;
    fired.length = 0;
    wheel = new TimerWheel(() => now);
  });
  afterEach(() => wheel.stop());
  const start = (name: string, ms: number) => wheel.start(ms, () => fired.push(name));

  it('fires each once, not early and at most two ticks late', () => {
    const times: Record<string, number> = {};
    for (const ms of [1, 100, 250, 5_000, 51_200, 60_000, 600_000]) {
      wheel.start(ms, () => {
        times[ms] = now;
      });
    }
    pass(601_000);
    for (const [ms, at] of Object.entries(times)) {
      expect(at, `${ms} ms`).to.be.within(Number(ms), Number(ms) + 200);
    }
    expect(Object.keys(times)).to.have.length(7);
    expect(wheel.size).to.equal(0);
  });

  it('a cancelled one never fires and leaves nothing behind', () => {
    const timer = start('a', 200);
    start('b', 200);
    timer.cancel();
    timer.cancel();
    expect(wheel.size).to.equal(1);
    pass(1_000);
    expect(fired).to.deep.equal(['b']);
    expect(wheel.size).to.equal(0);
  });

  it('an extended one fires after its last deadline', () => {
    const timer = start('a', 200);
    pass(100);
    timer.extend(1_000);
    pass(900);
    expect(fired).to.deep.equal([]);
    pass(300);
    expect(fired).to.deep.equal(['a']);
  });

  it('a timer may start or cancel others when it fires', () => {
    const other = start('other', 300);
    wheel.start(300, () => {
      fired.push('first');
      start('second', 100);
    });
    wheel.start(200, () => other.cancel());
    pass(1_000);
    expect(fired).to.deep.equal(['first', 'second']);
  });
});
