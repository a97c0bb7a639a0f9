import { expect } from 'chai';
import { applied, compile, findings, lint } from './compile.ts';

describe('pii-detector', () => {
  it('masks by default, blocks where asked, in requests and answers, in every part', () => {
    const hook = compile('pii-detector').inspectText;
    expect(hook?.action).to.equal('redact');
    expect(applied(hook, 'SSN 123-45-6789, joe@example.com')).to.equal('SSN [SSN], [EMAIL]');
    expect(
      hook?.appliesTo({ phase: 'input', path: 'tools[0].function.description', part: 'tool_definition' }),
    ).to.equal(true);
    expect(
      hook?.appliesTo({ phase: 'output', path: 'choices[0].message.content', part: 'content' }),
    ).to.equal(true);
    const block = compile('pii-detector', { action: 'block' }).inspectText;
    expect(block?.action).to.equal('block');
    expect(findings(block, 'SSN 123-45-6789')).to.deep.equal([{ type: 'ssn', start: 4, end: 15 }]);
  });

  it('check 16: a custom pattern is masked, and stops the request with `action: block`', () => {
    const custom = { detect_patterns: ['\\bEMP-\\d{6}\\b'] };
    expect(applied(compile('pii-detector', custom).inspectText, 'of EMP-123456')).to.equal('of [PATTERN]');
    const block = compile('pii-detector', { ...custom, action: 'block' }).inspectText;
    expect(findings(block, 'of EMP-123456')).to.deep.equal([{ type: 'pattern', start: 3, end: 13 }]);
  });

  it('takes names of built-in types among the patterns', () => {
    const hook = compile('pii-detector', { detect_patterns: ['email', 'mrn'] }).inspectText;
    expect(applied(hook, 'MRN: 12345678 email')).to.equal('MRN: [MRN] email');
    expect(
      lint('pii-detector', { detect_patterns: ['email', 'mrn', '('] }).map(({ code, path }) => [code, path]),
    ).to.deep.equal([['E017', 'detect_patterns[2]']]);
  });

  it('writes the markers that the settings describe', () => {
    const text = 'card 4111 1111 1111 1111, SSN 123-45-6789';
    const run = (redaction: object): string =>
      applied(compile('pii-detector', { redaction }).inspectText, text);
    expect(run({ marker_format: 'partial', preserve_length: true })).to.equal(
      'card **** **** **** 1111, SSN ***-**-6789',
    );
    expect(run({ marker_format: 'asterisks' })).to.equal('card ****, SSN ****');
    expect(run({ custom_markers: { ssn: '<id>' } })).to.equal('card [CREDIT_CARD], SSN <id>');
  });

  it('keeps the type to itself where asked, not in the marker', () => {
    const hook = compile('pii-detector', { redaction: { include_metadata: false } }).inspectText;
    expect(findings(hook, 'a joe@example.com')).to.deep.equal([
      { type: 'pii', start: 2, end: 17, replacement: '[EMAIL]' },
    ]);
  });

  it('waits for the whole text only for a pattern without a bound, and lint says so', () => {
    expect(compile('pii-detector').inspectText?.form).to.equal('windowed');
    expect(compile('pii-detector', { detect_patterns: ['EMP-\\d+'] }).inspectText?.form).to.equal('buffered');
    expect(lint('pii-detector', { detect_patterns: ['EMP-\\d+'] }).map(({ code }) => code)).to.deep.equal([
      'W004',
    ]);
    expect(lint('pii-detector', { detect_patterns: ['EMP-\\d{1,9}'] })).to.deep.equal([]);
  });

  it('tells of markers that a block never writes', () => {
    const stated = { action: 'block', redaction: { custom_markers: { ssn: '[x]' } } };
    expect(lint('pii-detector', stated).map(({ code }) => code)).to.deep.equal(['W012']);
  });
});
