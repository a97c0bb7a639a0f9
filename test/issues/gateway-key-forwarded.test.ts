import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { createKey } from '../../gateway/contract/key-format.ts';
import { Identifier } from '../../gateway/identity/identify.ts';

/** A gateway key that was written otherwise than `Bearer kt_gk_…` went to the provider as the caller's own credential. */
describe('issue: a gateway key in an unusual form went to the provider', () => {
  const { value, id, sha256 } = createKey(randomBytes);
  const identifier = new Identifier({ anonymous: true, keys: [{ id, sha256 }] }, false);
  const identify = (authorization?: string, apiKey?: string) =>
    identifier.identify({ authorization, apiKey, keeptrustsKey: undefined, raw: [] }, 0);

  for (const [form, authorization, apiKey] of [
    ['without a scheme', value, undefined],
    ['with a tab', `Bearer\t${value}`, undefined],
    ['with a scheme in x-api-key', undefined, `Bearer ${value}`],
  ] as const) {
    it(`${form}: it identifies and stays`, () => {
      const caller = identify(authorization, apiKey);
      expect(caller.key?.id).to.equal(id);
      expect(caller.credential).to.equal(null);
    });
  }

  for (const authorization of [
    `Token ${value}`,
    `Bearer "${value}"`,
    `Bearer sk-1, Bearer ${value}`,
    `Basic ${Buffer.from(`user:${value}`).toString('base64')}`,
    `Bearer ${value.toUpperCase()}`,
  ]) {
    it(`${authorization.slice(0, 12)}…: it stays`, () => {
      expect(identify(authorization).credential).to.equal(null);
    });
  }

  it('a key in one header and the caller’s credential in the other: only the latter goes on', () => {
    const caller = identify(`Bearer ${value}`, 'sk-ant-1');
    expect(caller.key?.id).to.equal(id);
    expect(caller.credential).to.deep.equal({ header: 'x-api-key', value: 'sk-ant-1' });
  });
});
