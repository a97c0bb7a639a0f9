import { expect } from 'chai';
import { Overload } from '../../../gateway/server/overload.ts';

describe('the watch over the event loop', () => {
  it('sheds when the loop runs late for a while, not after one stall, and stops at once', () => {
    const overload = new Overload();
    try {
      overload.sample(3_000);
      expect(overload.shedding).to.equal(false);
      overload.sample(10);
      for (let index = 0; index < 4; index += 1) overload.sample(250);
      expect(overload.shedding).to.equal(false);
      overload.sample(250);
      expect(overload).to.include({ shedding: true, delaySeconds: 0.25 });
      overload.sample(20);
      expect(overload.shedding).to.equal(false);
    } finally {
      overload.close();
    }
  });
});
