import { expect } from 'chai';
import fc from 'fast-check';
import { type MarkerOptions, marker } from '../../../gateway/detectors/markers.ts';
import { compile, findings } from '../policies/compile.ts';

const options = (some: Partial<MarkerOptions>): MarkerOptions => ({
  format: 'label',
  preserveLength: false,
  custom: {},
  ...some,
});

describe('redaction markers', () => {
  it('labels by type', () => {
    expect(marker('credit_card', '4111111111111111', options({}))).to.equal('[CREDIT_CARD]');
    expect(marker('ssn', '123-45-6789', options({ preserveLength: true }))).to.equal('[SSN******]');
    expect(marker('ip_address', '1.2.3.4', options({ preserveLength: true }))).to.equal('*******');
  });

  it('shows nothing, or the end', () => {
    expect(marker('ssn', '123-45-6789', options({ format: 'asterisks' }))).to.equal('****');
    expect(marker('ssn', '123-45-6789', options({ format: 'partial' }))).to.equal('****6789');
    expect(marker('ssn', '123-45-6789', options({ format: 'partial', preserveLength: true }))).to.equal(
      '***-**-6789',
    );
    expect(marker('cvv', '123', options({ format: 'partial' }))).to.equal('****');
  });

  it('takes the marker of a type before the format', () => {
    const custom = { ssn: '<hidden>' };
    expect(marker('ssn', '123-45-6789', options({ format: 'partial', custom }))).to.equal('<hidden>');
    expect(marker('email', 'joe@example.com', options({ custom }))).to.equal('[EMAIL]');
    expect(marker('ssn', '123-45', options({ custom, preserveLength: true }))).to.equal('<hidde');
  });

  it('keeps the length where asked, in every format', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.constantFrom<MarkerOptions['format']>('label', 'asterisks', 'partial'),
        fc.constantFrom<Record<string, string>>({}, { ssn: 'a longer marker' }),
        (text, format, custom) => {
          expect(marker('ssn', text, options({ format, custom, preserveLength: true }))).to.have.length(
            text.length,
          );
        },
      ),
    );
  });

  it('is not itself found as personal data', () => {
    const hook = compile('pii-detector', { healthcare_mode: true }).inspectText;
    for (const format of ['label', 'asterisks', 'partial'] as const) {
      const samples = {
        ssn: '123-45-6789',
        email: 'joe@example.com',
        credit_card: '4111 1111 1111 1111',
        phone: '(212) 555-0161',
      };
      for (const [type, text] of Object.entries(samples)) {
        expect(findings(hook, `it is ${marker(type, text, options({ format }))}.`)).to.deep.equal([]);
      }
    }
  });
});
