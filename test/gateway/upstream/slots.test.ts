import { expect } from 'chai';
import { Slots } from '../../../gateway/upstream/slots.ts';
import { TimerWheel } from '../../../gateway/upstream/timer-wheel.ts';

describe('slots', () => {
  let now = 0;
  let wheel: TimerWheel;
  beforeEach(() => {
    now = 0;
    wheel = new TimerWheel(() => now);
  });
  afterEach(() => wheel.stop());

  it('hands a place on in the order of waiting, and forgets who left', () => {
    const slots = new Slots(1, wheel);
    const got: string[] = [];
    expect(slots.tryTake()).to.equal(true);
    expect(slots.tryTake()).to.equal(false);
    slots.wait(
      1_000,
      () => got.push('a'),
      () => got.push('!'),
    );
    const leave = slots.wait(
      1_000,
      () => got.push('b'),
      () => got.push('!'),
    );
    slots.wait(
      1_000,
      () => got.push('c'),
      () => got.push('!'),
    );
    leave();
    slots.release();
    slots.release();
    expect(got).to.deep.equal(['a', 'c']);
    expect(slots.taken).to.equal(1);
    slots.release();
    expect(slots).to.include({ taken: 0, waiting: 0 });
    expect(wheel.size).to.equal(0);
  });

  it('refuses who waited too long, and keeps his place for nobody', () => {
    const slots = new Slots(1, wheel);
    slots.tryTake();
    let refused = '';
    slots.wait(
      200,
      () => undefined,
      ({ code }) => {
        refused = code;
      },
    );
    for (let tick = 0; tick < 5; tick += 1) {
      now += 100;
      wheel.advance();
    }
    expect(refused).to.equal('overloaded');
    slots.release();
    expect(slots.tryTake()).to.equal(true);
  });
});
