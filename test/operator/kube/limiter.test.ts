import { expect } from 'chai';
import { Limiter } from '../../../operator/kube/limiter.ts';

const never = new AbortController().signal;

describe('limiter', () => {
  it('never lets in more than it has places for, and everybody in the end, in order', async () => {
    const limiter = new Limiter(3);
    const entered: number[] = [];
    let inside = 0;
    let most = 0;
    const work = async (id: number): Promise<void> => {
      await limiter.take(never);
      entered.push(id);
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
      limiter.release();
    };
    const ids = Array.from({ length: 50 }, (_, id) => id);
    await Promise.all(ids.map(work));
    expect(most).to.equal(3);
    expect(entered).to.deep.equal(ids);
  });

  it('forgets who gave up waiting, without losing a place', async () => {
    const limiter = new Limiter(1);
    await limiter.take(never);
    const impatient = new AbortController();
    const waiting = limiter.take(impatient.signal);
    const next = limiter.take(never);
    impatient.abort(new Error('gave up'));
    expect(await waiting.catch((error: Error) => error.message)).to.equal('gave up');
    limiter.release();
    await next;
    limiter.release();
    await limiter.take(never);
  });

  it('lets nobody in who has given up before', async () => {
    const limiter = new Limiter(1);
    const over = AbortSignal.abort(new Error('over'));
    expect(await limiter.take(over).catch((error: Error) => error.message)).to.equal('over');
    await limiter.take(never);
  });
});
