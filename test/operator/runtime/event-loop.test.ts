import { expect } from 'chai';
import { EventLoopWatch } from '../../../operator/runtime/event-loop.ts';
import { FakeClock } from '../../fakes/clock.ts';

describe('watch over the event loop', () => {
  it('tells the longest delay of the last 15 s', async () => {
    const clock = new FakeClock();
    const delays: number[] = [];
    const watch = new EventLoopWatch(clock, { eventLoopDelay: (seconds) => delays.push(seconds) });
    watch.start();
    await clock.advance(1000);
    expect(delays).to.deep.equal([0, 0]);
    clock.standStill(3500);
    await clock.advance(14_900);
    expect(delays.at(-1)).to.equal(3);
    await clock.advance(1000);
    expect(delays.at(-1)).to.equal(0);
    watch.stop();
    expect(clock.pending).to.equal(0);
  });
});
