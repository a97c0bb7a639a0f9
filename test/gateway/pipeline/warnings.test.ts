import { expect } from 'chai';
import { warningHeader } from '../../../gateway/pipeline/warnings.ts';

const warning = (policy: string) => ({ policy, reason: 'pii.ssn', would: 'redact' as const });

describe('warning header', () => {
  it('is absent where nothing was withheld', () => {
    expect(warningHeader([])).to.equal(null);
  });

  it('names policy, reason and verdict, each once', () => {
    expect(warningHeader([warning('pii'), warning('dlp'), warning('pii')])).to.equal(
      'pii;reason=pii.ssn;would=redact, dlp;reason=pii.ssn;would=redact',
    );
  });

  it('is bounded and counts what is over', () => {
    const value = warningHeader(Array.from({ length: 50 }, (_, n) => warning(`${n}${'x'.repeat(500)}`)))!;
    expect(value.length).to.be.lessThan(2048);
    expect(value).to.match(/, more;count=42$/);
  });

  it('lets nothing into a header that could end it', () => {
    expect(warningHeader([warning('a\r\nset-cookie: x, "é')])).to.equal(
      'a__set-cookie:_x____;reason=pii.ssn;would=redact',
    );
  });
});
