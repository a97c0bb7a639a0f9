import { expect } from 'chai';
import { untilAnswered } from '../cluster/scenario/steps/looks.ts';

describe('looks of scenarios at answers', () => {
  let now: number;
  let asked: number[];
  beforeEach(() => {
    now = 0;
    asked = [];
  });

  /** Asks what takes `ms` each and is as expected from `goodMs` on; the first is sent at `firstMs`. */
  function look(parts: { firstMs: number; goodMs: number; withinMs: number; ms?: number }): Promise<number> {
    now = parts.firstMs;
    const ask = async (): Promise<string | null> => {
      const sent = now;
      asked.push(sent);
      now += parts.ms ?? 100;
      return sent >= parts.goodMs ? null : 'as before';
    };
    return untilAnswered('the Service', ask, {
      withinMs: parts.withinMs,
      pauseMs: 0,
      sinceMs: () => now,
    });
  }
  const fault = (told: Promise<unknown>): Promise<string> =>
    told.then(
      () => '',
      (error: Error) => error.message,
    );

  it('ask until an answer is as expected, and tell when that was', async () => {
    expect(await look({ firstMs: 50, goodMs: 200, withinMs: 2000 })).to.equal(350);
    expect(asked).to.deep.equal([50, 150, 250]);
  });

  it('take what was sent after the time only as expected', async () => {
    expect(await fault(look({ firstMs: 1850, goodMs: 2100, withinMs: 2000 }))).to.equal(
      'the Service: as before, sent 2050 ms after the change',
    );
  });

  it('take the first that comes late, and an answer that takes long', async () => {
    expect(await look({ firstMs: 2300, goodMs: 0, withinMs: 2000 })).to.equal(2400);
    expect(await look({ firstMs: 1900, goodMs: 0, withinMs: 2000, ms: 700 })).to.equal(2600);
  });

  it('ask once where nothing is waited for', async () => {
    expect(await fault(look({ firstMs: 0, goodMs: 10, withinMs: 0 }))).to.equal('the Service: as before');
    expect(asked).to.have.length(1);
  });

  it('ask again where the way to it broke, while there is time', async () => {
    let left = 1;
    const ask = async (): Promise<null> => {
      now += 100;
      if (left-- > 0) throw new Error('no way');
      return null;
    };
    const looks = { withinMs: 500, pauseMs: 0, sinceMs: () => now };
    expect(await untilAnswered('a pod', ask, looks)).to.equal(200);
    left = 100;
    expect(await fault(untilAnswered('a pod', ask, looks))).to.equal(
      'a pod: no way, sent 600 ms after the change',
    );
  });
});
