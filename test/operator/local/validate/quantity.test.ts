import { Environment } from '@marcbachmann/cel-js';
import { expect } from 'chai';
import { registerQuantities } from '../../../../operator/local/validate/quantity.ts';

describe('quantities in CEL rules', () => {
  const environment = registerQuantities(new Environment());
  const greater = (a: string, b: string): unknown =>
    environment.evaluate(`quantity('${a}').isGreaterThan(quantity('${b}'))`);

  for (const [more, less] of [
    ['1', '999m'],
    ['0.501', '500m'],
    ['1Gi', '1G'],
    ['1Ei', '1E'],
    ['1024', '1e3'],
    ['9007199254740993', '9007199254740992'],
    ['1', '-2'],
    // What is finer than 10⁻⁹ is rounded up.
    ['1.1n', '1n'],
  ] as const) {
    it(`${more} is more than ${less}, and not the other way round`, () => {
      expect(greater(more, less)).to.equal(true);
      expect(greater(less, more)).to.equal(false);
    });
  }

  for (const [a, b] of [
    ['0.5', '500m'],
    ['1Gi', '1073741824'],
    ['1.5Ki', '1536'],
    ['1e3', '1k'],
    ['.5', '5E-1'],
  ] as const) {
    it(`${a} is as much as ${b}`, () => {
      expect(greater(a, b)).to.equal(false);
      expect(greater(b, a)).to.equal(false);
    });
  }

  for (const text of ['', '.', 'Mi', '1 Mi', '1mi', '1Kim', '0x10', 'abc']) {
    it(`${JSON.stringify(text)} is none`, () => {
      expect(environment.evaluate(`isQuantity('${text}')`)).to.equal(false);
      expect(() => environment.evaluate(`quantity('${text}')`)).to.throw('is no quantity');
    });
  }

  it('cannot be compared with text', () => {
    expect(environment.check("quantity('1').isGreaterThan('2')").valid).to.equal(false);
  });
});
