import { expect } from 'chai';
import { applied, compile, findings, lint } from './compile.ts';

const codes = (stated: object): string[] =>
  lint('dlp-filter', stated).map(({ code, path }) => `${code} ${path}`);

describe('dlp-filter', () => {
  it('check 19: a key is masked by a pattern', () => {
    const hook = compile('dlp-filter', { detect_patterns: ['AKIA[0-9A-Z]{16}'] }).inspectText;
    expect(applied(hook, 'key AKIAIOSFODNN7EXAMPLE.')).to.equal('key [REDACTED].');
  });

  it('check 19: a code name with one typo is caught only with fuzzy matching', () => {
    const terms = { blocked_terms: ['Bluebird'] };
    const exact = compile('dlp-filter', terms).inspectText;
    const fuzzy = compile('dlp-filter', { ...terms, fuzzy_matching: true }).inspectText;
    expect(applied(exact, 'about BLUEBIRD and bluebrid, bluebirt')).to.equal(
      'about [REDACTED] and bluebrid, bluebirt',
    );
    expect(applied(fuzzy, 'about BLUEBIRD and bluebirt')).to.equal('about [REDACTED] and [REDACTED]');
    expect(
      applied(
        compile('dlp-filter', { ...terms, fuzzy_matching: true, max_distance: 2 }).inspectText,
        'bluebrid',
      ),
    ).to.equal('[REDACTED]');
  });

  it('finds terms across white space of any kind, and inside words', () => {
    const hook = compile('dlp-filter', { blocked_terms: ['project falcon'], action: 'block' }).inspectText;
    for (const text of ['Project Falcon', 'PROJECT\nFALCON', 'preproject\u00a0falcons']) {
      expect(
        findings(hook, text).map(({ type }) => type),
        text,
      ).to.deep.equal(['term']);
    }
    expect(hook?.action).to.equal('block');
  });

  it('looks at requests, answers or both', () => {
    const applies = (applyTo: string) =>
      (['input', 'output'] as const).map((phase) =>
        compile('dlp-filter', { blocked_terms: ['x'], apply_to: applyTo }).inspectText?.appliesTo({
          phase,
          path: 'p',
          part: 'content',
        }),
      );
    expect(applies('input')).to.deep.equal([true, false]);
    expect(applies('output')).to.deep.equal([false, true]);
    expect(applies('both')).to.deep.equal([true, true]);
  });

  it('looks for more markings at higher levels', () => {
    const marked = (level: string, text: string): boolean =>
      findings(compile('dlp-filter', { sensitivity_level: level }).inspectText, text).length > 0;
    for (const [text, high, restricted] of [
      ['TOP SECRET//SI//NOFORN', true, true],
      ['(S//NF) The', true, true],
      ['Classification: Secret', true, true],
      ['COMPANY CONFIDENTIAL', true, true],
      ['for internal use only', true, true],
      ['please do not distribute', false, true],
      ['RESTRICTED', false, true],
      ['a confidential talk about a secret', false, false],
    ] as const) {
      expect(marked('standard', text), text).to.equal(false);
      expect(marked('high', text), text).to.equal(high);
      expect(marked('restricted', text), text).to.equal(restricted);
    }
  });

  it('lints what the schema cannot say', () => {
    expect(codes({ blocked_terms: [], detect_patterns: [], sensitivity_level: 'standard' })).to.deep.equal([
      'W012 ',
    ]);
    expect(codes({ blocked_terms: ['a', '  '], sensitivity_level: 'standard' })).to.deep.equal([
      'E016 blocked_terms[1]',
    ]);
    expect(codes({ blocked_terms: ['abc'], fuzzy_matching: true, max_distance: 1 })).to.deep.equal([
      'W012 blocked_terms[0]',
    ]);
    expect(codes({ blocked_terms: ['falcon'], fuzzy_matching: true, max_distance: 0 })).to.deep.equal([
      'W012 max_distance',
    ]);
    expect(codes({ detect_patterns: ['ok', '(?P<x>y)', 'a+'] })).to.deep.equal([
      'E017 detect_patterns[1]',
      'W004 detect_patterns[2]',
    ]);
  });

  it('does nothing where nothing is named', () => {
    expect(compile('dlp-filter').inspectText).to.equal(undefined);
  });
});
