import { expect } from 'chai';
import { settings } from '../gateway/policies/compile.ts';

/** A custom marker could be any text, so that a redaction could put a term there that a stronger policy forbids. */
describe('issue: a marker that completes a term', () => {
  const stated = (marker: string) => () =>
    settings('pii-detector', { redaction: { custom_markers: { email: marker } } });

  it('is refused', () => {
    for (const marker of [
      'ject Falcon',
      'Falcon',
      '[Project Falcon]',
      '[a][b]',
      '[]',
      '[a',
      'a]',
      ' ',
      '*a',
      '[ä]',
    ]) {
      expect(stated(marker), marker).to.throw(/E016/);
    }
  });

  it('while what cannot be taken for text is taken', () => {
    for (const marker of ['[EMAIL]', '<e-mail_1>', '***', '*', '**EMAIL**', `[${'x'.repeat(62)}]`]) {
      expect(stated(marker), marker).not.to.throw();
    }
  });
});
