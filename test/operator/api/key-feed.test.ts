import { expect } from 'chai';
import { KeyFeed } from '../../../operator/api/key-feed.ts';
import { FakeClock } from '../../fakes/clock.ts';

describe('the feed of keys', () => {
  let clock: FakeClock;
  let position: number;
  let looks: number;
  let broken: boolean;
  let troubles: number;
  const never = new AbortController().signal;
  beforeEach(() => {
    clock = new FakeClock();
    [position, looks, broken, troubles] = [0, 0, false, 0];
  });
  const feedOf = (lookMs: number | null): KeyFeed =>
    new KeyFeed({
      store: {
        async keyPosition() {
          looks += 1;
          if (broken) throw new Error('away');
          return position;
        },
      },
      clock,
      lookMs,
      onTrouble: () => {
        troubles += 1;
      },
    });
  const waiting = (feed: KeyFeed, after: number, ms = 10_000, signal = never) => {
    const waiter = { woken: false };
    void feed.wait(after, ms, signal).then(() => {
      waiter.woken = true;
    });
    return waiter;
  };

  it('wakes whoever waits for a change behind their position, and nobody else', async () => {
    const feed = feedOf(null);
    const [one, two] = [waiting(feed, 3), waiting(feed, 4)];
    feed.moved(4);
    await clock.advance(0);
    expect([one.woken, two.woken]).to.deep.equal([true, false]);
    await clock.advance(10_000);
    expect(two.woken).to.equal(true);
    expect(clock.pending).to.equal(0);
    expect(looks).to.equal(0);
  });

  it('lets nobody wait for what has happened already', async () => {
    const feed = feedOf(null);
    feed.moved(4);
    const waiter = waiting(feed, 3);
    await clock.advance(0);
    expect(waiter.woken).to.equal(true);
  });

  it('sees what another control plane wrote at its next look, and looks only while somebody waits', async () => {
    const feed = feedOf(250);
    await clock.advance(5_000);
    expect(looks).to.equal(0);
    const waiter = waiting(feed, 0);
    position = 1;
    await clock.advance(249);
    expect(waiter.woken).to.equal(false);
    await clock.advance(1);
    expect(waiter.woken).to.equal(true);
    const before = looks;
    await clock.advance(5_000);
    expect(looks).to.equal(before);
  });

  it('goes on looking while the store is away, and says so once', async () => {
    const feed = feedOf(250);
    const waiter = waiting(feed, 0);
    broken = true;
    await clock.advance(1_000);
    expect([looks, troubles]).to.deep.equal([4, 1]);
    [broken, position] = [false, 1];
    await clock.advance(250);
    expect(waiter.woken).to.equal(true);
  });

  it('lets go of whoever hung up, and of everybody at the end', async () => {
    const feed = feedOf(250);
    const gone = new AbortController();
    const [one, two] = [waiting(feed, 0, 10_000, gone.signal), waiting(feed, 0)];
    gone.abort();
    await clock.advance(0);
    expect([one.woken, two.woken]).to.deep.equal([true, false]);
    feed.close();
    const late = waiting(feed, 0);
    await clock.advance(0);
    expect([two.woken, late.woken]).to.deep.equal([true, true]);
    expect(clock.pending).to.equal(0);
  });
});
