import { expect } from 'chai';
import { isBuffered, Scan } from '../../../gateway/pipeline/scan.ts';
import type { TextFinding, TextScanner } from '../../../gateway/policies/kind.ts';
import { entryOf, hook, tightScanner, wholeScanner } from './fixtures.ts';

const emitting = (hold: number, ...findings: TextFinding[]): TextScanner => ({
  maxMatchLength: 9,
  contextLength: 0,
  scan(_text, _from, _final, emit) {
    for (const finding of findings) emit(finding);
    return hold;
  },
});
const span = (start: number, end: number): TextFinding => ({ type: 'x', start, end });

describe('a call of a scanner', () => {
  it('gives the decided findings; what begins at the hold or later comes again', () => {
    const scan = new Scan();
    expect(scan.run(emitting(4, span(0, 2), span(4, 6)), 'abcdefgh', 0, false)).to.equal(4);
    expect(scan.findings).to.deep.equal([span(0, 2)]);
    expect(scan.run(emitting(4, span(0, 2), span(4, 6)), 'abcdefgh', 0, true)).to.equal(8);
    expect(scan.findings).to.have.length(2);
  });

  it('forgets the findings of the call before', () => {
    const scan = new Scan();
    scan.run(emitting(8, span(0, 2)), 'abcdefgh', 0, false);
    scan.run(emitting(8), 'abcdefgh', 0, false);
    expect(scan.findings).to.deep.equal([]);
  });

  const broken: [string, TextScanner][] = [
    ['overlap', emitting(8, span(0, 3), span(2, 4))],
    ['begin before the text that is asked for', emitting(8, span(1, 3))],
    ['run backwards', emitting(8, span(5, 4))],
    ['end behind the text', emitting(8, span(5, 9))],
    ['are no numbers', emitting(8, span(Number.NaN, 5))],
    ['reach over the hold', emitting(4, span(3, 5))],
  ];
  for (const [what, scanner] of broken) {
    it(`fails where findings ${what}`, () => {
      expect(() => new Scan().run(scanner, 'abcdefgh', what.startsWith('begin') ? 2 : 0, false)).to.throw(
        RangeError,
      );
    });
  }

  it('fails where the hold is not in the text', () => {
    for (const hold of [1, 9, Number.NaN]) {
      expect(() => new Scan().run(emitting(hold), 'abcdefgh', 2, false)).to.throw(RangeError);
    }
  });
});

describe('whether a hook waits for the whole text', () => {
  const word = hook('redact', tightScanner({ word: 'x' }));

  it('follows from the kind, its needs, the hook and the scanner', () => {
    const entry = entryOf({});
    expect(isBuffered(entry, word)).to.equal(false);
    expect(isBuffered(entry, { ...word, form: 'buffered' })).to.equal(true);
    expect(isBuffered(entry, { ...word, scanner: wholeScanner(/x/g, 'x') })).to.equal(true);
    expect(isBuffered({ ...entry, kind: { ...entry.kind, streaming: 'buffered' } }, word)).to.equal(true);
    expect(isBuffered({ ...entry, kind: { ...entry.kind, needs: ['wholeMessage'] } }, word)).to.equal(true);
  });
});
