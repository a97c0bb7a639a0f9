import { expect } from 'chai';
import { sleep } from '../../gateway/sleep.ts';

describe('sleep', () => {
  it('lasts as long as is asked for', async () => {
    const begun = performance.now();
    await sleep(30, new AbortController().signal);
    expect(performance.now() - begun).to.be.at.least(29);
  });

  it('ends with the signal, and does not begin after it', async () => {
    const end = new AbortController();
    const asleep = sleep(60_000, end.signal);
    end.abort();
    await asleep;
    await sleep(60_000, end.signal);
  }).timeout(2_000);
});
