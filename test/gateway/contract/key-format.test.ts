import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  createKey,
  hashKey,
  isWellFormedKey,
  looksLikeGatewayKey,
} from '../../../gateway/contract/key-format.ts';

describe('gateway keys', () => {
  it('have the published form, a public id and a hash that the document holds', () => {
    const key = createKey(randomBytes);
    expect(key.value).to.match(/^kt_gk_[0-9A-Za-z]{10}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    expect(key.value.split('_')[2]).to.equal(key.id);
    expect(key.sha256)
      .to.match(/^[0-9a-f]{64}$/)
      .and.equal(hashKey(key.value));
    expect(isWellFormedKey(key.value)).to.equal(true);
  });

  it('differ each time', () => {
    expect(new Set(Array.from({ length: 200 }, () => createKey(randomBytes).value)).size).to.equal(200);
  });

  it('any changed character is noticed', () => {
    const { value } = createKey(randomBytes);
    fc.assert(
      fc.property(fc.nat(value.length - 1), fc.constantFrom(...'0Az_-'), (at, character) => {
        fc.pre(value[at] !== character);
        return !isWellFormedKey(value.slice(0, at) + character + value.slice(at + 1));
      }),
    );
  });

  it('what claims to be one is one, however malformed: it must never be forwarded', () => {
    expect(looksLikeGatewayKey('kt_gk_x')).to.equal(true);
    expect(looksLikeGatewayKey('sk-proj-1')).to.equal(false);
  });

  it('uses every digit alike', () => {
    let calls = 0;
    const biased = (bytes: number): Uint8Array => {
      calls += 1;
      return calls === 1 ? new Uint8Array(bytes).fill(255) : new Uint8Array(bytes).fill(61);
    };
    expect(createKey(biased).id).to.equal('z'.repeat(10));
  });
});
