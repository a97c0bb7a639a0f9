import { expect } from 'chai';
import fc from 'fast-check';
import {
  costOf,
  estimateUsage,
  priceRow,
  USAGE_CLASSES,
  type UsageCounts,
} from '../../../gateway/budget/cost.ts';
import { nanosFromPicos, PriceError, picoPerUnit } from '../../../gateway/budget/money.ts';

const none: UsageCounts = {
  input: 0,
  cached_input: 0,
  cache_write: 0,
  output: 0,
  reasoning: 0,
  audio_input: 0,
  audio_output: 0,
};
const usage = (over: Partial<UsageCounts>): UsageCounts => ({ ...none, ...over });

describe('prices', () => {
  it('are exact: dollars per million tokens are pico-dollars a token', () => {
    expect(picoPerUnit('2.50')).to.equal(2_500_000);
    expect(picoPerUnit('0.0625')).to.equal(62_500);
    expect(picoPerUnit('0.000001')).to.equal(1);
    expect(picoPerUnit('0')).to.equal(0);
    expect(picoPerUnit('999999999.999999')).to.equal(999_999_999_999_999);
  });

  it('refuse what is no plain decimal', () => {
    for (const price of ['', '-1', '1e3', '1,5', '.5', '1.', '0.0000001', ' 1', 'NaN', '1234567890']) {
      expect(() => picoPerUnit(price), price).to.throw(PriceError);
    }
  });
});

describe('cost of a request', () => {
  const prices = priceRow({ input: '0.15', cached_input: '0.075', output: '0.60' });

  it('is the sum over disjoint classes, rounded up once', () => {
    const cost = costOf(usage({ input: 1000, cached_input: 200, output: 50 }), prices);
    expect(cost).to.deep.equal({ cost_nanos: 195_000, cost: 0.000195, cost_source: 'target', unpriced: [] });
    // 3 × 0.0005 nano-dollars are 0.0015: one nano-dollar, not three.
    expect(costOf(usage({ input: 3 }), priceRow({ input: '0.0005' })).cost_nanos).to.equal(2);
    expect(costOf(usage({ input: 1 }), priceRow({ input: '0.000001' })).cost_nanos).to.equal(1);
  });

  it('prices reasoning as output where it has no price of its own', () => {
    expect(costOf(usage({ reasoning: 1_000_000 }), prices).cost).to.equal(0.6);
    const own = priceRow({ output: '0.60', reasoning: '1' });
    expect(costOf(usage({ reasoning: 1_000_000 }), own).cost).to.equal(1);
  });

  it('is null, never zero or partial, when a used class has no price', () => {
    const cost = costOf(usage({ input: 10, cache_write: 3, audio_input: 1 }), prices);
    expect(cost).to.deep.equal({
      cost_nanos: null,
      cost: null,
      cost_source: 'unpriced',
      unpriced: ['cache_write', 'audio_input'],
    });
    expect(costOf(usage({ input: 1 }), priceRow({})).cost_source).to.equal('unpriced');
    expect(costOf(usage({ input: 1 }), priceRow(undefined)).unpriced).to.deep.equal(['input']);
  });

  it('is zero by an explicit price of zero, and none without usage', () => {
    expect(costOf(usage({ input: 99 }), priceRow({ input: '0' })).cost_nanos).to.equal(0);
    expect(costOf(none, prices)).to.include({ cost_nanos: 0, cost: 0, cost_source: 'target' });
    expect(costOf(null, prices)).to.include({ cost_nanos: null, cost_source: 'none' });
  });

  it('equals exact arithmetic for any usage and prices, grows with each class, and reads back as the integer', () => {
    const price = fc
      .tuple(fc.nat(9_999), fc.nat(999_999))
      .map(([a, b]) => `${a}.${String(b).padStart(6, '0')}`);
    const count = fc.oneof(fc.nat(100_000), fc.nat(2_000_000_000));
    const row = fc.record(Object.fromEntries(USAGE_CLASSES.map((name) => [name, price])));
    const counts = fc.record(Object.fromEntries(USAGE_CLASSES.map((name) => [name, count])));
    fc.assert(
      fc.property(row, counts, fc.constantFrom(...USAGE_CLASSES), (texts, numbers, more) => {
        const used = numbers as unknown as UsageCounts;
        const { cost_nanos: nanos, cost } = costOf(used, priceRow(texts));
        const picos = USAGE_CLASSES.reduce(
          (sum, name) => sum + BigInt(used[name]) * BigInt(texts[name]!.replace('.', '')),
          0n,
        );
        const exact = nanosFromPicos(picos);
        if (exact > BigInt(Number.MAX_SAFE_INTEGER)) {
          expect(nanos).to.equal(Number.MAX_SAFE_INTEGER);
          return;
        }
        expect(BigInt(nanos!)).to.equal(exact);
        expect(costOf({ ...used, [more]: used[more] + 1 }, priceRow(texts)).cost_nanos).to.be.at.least(
          nanos!,
        );
        if (nanos! < 1e15) expect(BigInt(Math.round(cost! * 1e9))).to.equal(exact);
      }),
      { numRuns: 500 },
    );
  });

  it('are told in dollars as the decimal would be read', () => {
    fc.assert(
      fc.property(fc.nat(Number.MAX_SAFE_INTEGER), (nanos) => {
        const digits = String(nanos).padStart(10, '0');
        const { cost } = costOf(usage({ input: nanos }), priceRow({ input: '0.001' }));
        expect(cost).to.equal(Number(`${digits.slice(0, -9)}.${digits.slice(-9)}`));
      }),
    );
  });

  it('estimates tokens from bytes where none were counted', () => {
    expect(estimateUsage(2401, 7)).to.include({ input: 601, output: 2, reasoning: 0 });
  });
});
