import { expect } from 'chai';
import { percentile } from '../../../hack/delivery/figures.ts';

describe('percentiles', () => {
  it('are times that occurred, whatever their order', () => {
    const times = [5, 1, 4, 2, 3];
    expect(percentile(times, 0.5)).to.equal(3);
    expect(percentile(times, 0.95)).to.equal(5);
    expect(percentile(times, 1)).to.equal(5);
    expect(percentile([7], 0)).to.equal(7);
    expect(percentile([], 0.5)).to.be.NaN;
  });
});
