import { expect } from 'chai';
import { retryAfterMs } from '../../../operator/kube/retry-after.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('Retry-After', () => {
  const cases: [string | string[] | undefined, number | undefined][] = [
    ['0', 0],
    ['7', 7000],
    [' 7 ', 7000],
    [['7', '9'], 7000],
    ['Fri, 02 Jan 2026 03:04:35 GMT', 30_000],
    ['Fri, 02 Jan 2026 03:04:00 GMT', 0],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['1e99', undefined],
    ['99999999999999999999', undefined],
    [undefined, undefined],
  ];
  for (const [header, wait] of cases) {
    it(`${JSON.stringify(header)} is ${wait}`, () => {
      expect(retryAfterMs(header, NOW)).to.equal(wait);
    });
  }
});
