import { expect } from 'chai';
import { randomPool } from '../../../gateway/events/random-pool.ts';

describe('a pool of random bytes', () => {
  it('hands out each byte once, and asks anew where too few are left', () => {
    const asked: number[] = [];
    let next = 0;
    const take = randomPool((bytes) => {
      asked.push(bytes);
      return Uint8Array.from({ length: bytes }, () => next++ % 251);
    });
    const given: number[] = [];
    for (let call = 0; call < 256; call += 1) given.push(...take(16));
    expect(given).to.deep.equal(Array.from({ length: 4096 }, (_, index) => index % 251));
    expect(asked).to.deep.equal([4096]);
    expect(take(10)).to.have.length(10);
    expect(take(4090)).to.have.length(4090);
    expect(take(5000)).to.have.length(5000);
    expect(asked).to.deep.equal([4096, 4096, 4096, 5000]);
  });
});
