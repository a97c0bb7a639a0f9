import { expect } from 'chai';
import { ApiError } from '../../../operator/api/errors.ts';
import { type Answer, ReviewCache } from '../../../operator/cluster/review-cache.ts';
import { FakeClock } from '../../fakes/clock.ts';

const GOOD: Answer<string> = { value: 'yes', freshMs: 60_000, heldMs: 600_000 };
const BAD: Answer<string> = { value: 'no', freshMs: 10_000, heldMs: 0 };

describe('answers of reviews that are kept', () => {
  let clock: FakeClock;
  let cache: ReviewCache<string>;
  let asked: string[];
  let told: unknown[];
  let away: Error | null;

  beforeEach(() => {
    clock = new FakeClock();
    [asked, told, away] = [[], [], null];
    cache = new ReviewCache<string>(
      { maxHeld: 3, maxPassing: 2, maxAsking: 2 },
      {
        clock,
        isAway: (error) => (error as Error).message === 'away',
        onAway: (error) => told.push(error),
      },
    );
  });

  const ask = (key: string, answer: Answer<string> = GOOD): Promise<string> =>
    cache.ask(key, async () => {
      asked.push(key);
      if (away !== null) throw away;
      return answer;
    });
  async function code(call: Promise<unknown>): Promise<string> {
    const error = await call.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(ApiError);
    return (error as ApiError).code;
  }

  it('are asked for again when they are no longer fresh, and not before', async () => {
    await ask('a');
    await clock.advance(59_999);
    expect(await ask('a')).to.equal('yes');
    expect(asked).to.deep.equal(['a']);
    await clock.advance(1);
    expect(await ask('a', BAD)).to.equal('no');
    expect(asked).to.deep.equal(['a', 'a']);
  });

  it('are asked for once by all who want the same at once', async () => {
    const answers = await Promise.all([ask('a'), ask('a'), ask('a')]);
    expect(answers).to.deep.equal(['yes', 'yes', 'yes']);
    expect(asked).to.deep.equal(['a']);
  });

  it('stand while nobody can be asked, up to their bound', async () => {
    await ask('a');
    away = new Error('away');
    await clock.advance(60_000);
    expect(await ask('a')).to.equal('yes');
    await clock.advance(539_999);
    expect(await ask('a')).to.equal('yes');
    await clock.advance(1);
    expect(await code(ask('a'))).to.equal('access_not_checked');
  });

  it('do not stand where they were a no, which becomes “could not be checked”', async () => {
    await ask('a', BAD);
    away = new Error('away');
    await clock.advance(10_000);
    expect(await code(ask('a'))).to.equal('access_not_checked');
    expect(await code(ask('never seen'))).to.equal('access_not_checked');
  });

  it('turn a yes into a no at once when the server says so', async () => {
    await ask('a');
    await clock.advance(60_000);
    expect(await ask('a', BAD)).to.equal('no');
    away = new Error('away');
    await clock.advance(10_000);
    expect(await code(ask('a'))).to.equal('access_not_checked');
  });

  it('ask nobody for a second after the server was away, and tell of its going and coming once', async () => {
    away = new Error('away');
    expect(await code(ask('a'))).to.equal('access_not_checked');
    expect(await code(ask('b'))).to.equal('access_not_checked');
    expect(asked).to.deep.equal(['a']);
    await clock.advance(1000);
    await code(ask('b'));
    away = null;
    await clock.advance(1000);
    expect(await ask('b')).to.equal('yes');
    expect(told.map(String)).to.deep.equal(['Error: away', 'null']);
  });

  it('go on being asked for where only one question failed', async () => {
    away = new Error('this one is malformed');
    expect(await code(ask('a'))).to.equal('access_not_checked');
    away = null;
    expect(await ask('b')).to.equal('yes');
    expect(told).to.deep.equal([]);
  });

  it('are bounded, and made-up questions do not push out what stands', async () => {
    for (const key of ['a', 'b']) await ask(key);
    for (let i = 0; i < 100; i++) await ask(`garbage ${i}`, BAD);
    asked = [];
    for (const key of ['a', 'b']) await ask(key);
    expect(asked).to.deep.equal([]);
    for (const key of ['c', 'd']) await ask(key);
    await ask('a');
    expect(asked).to.deep.equal(['c', 'd', 'a']);
  });

  it('turn away what comes while too many are asked for', async () => {
    let answer = (): void => {};
    const slow = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const waiting = ['a', 'b'].map((key) => cache.ask(key, () => slow.then(() => GOOD)));
    expect(await code(ask('c'))).to.equal('access_not_checked');
    answer();
    expect(await Promise.all(waiting)).to.deep.equal(['yes', 'yes']);
    expect(await ask('c')).to.equal('yes');
  });
});
