import { expect } from 'chai';
import fc from 'fast-check';
import { FragmentReader } from '../../../gateway/json/fragments.ts';
import { innerReplacement, innerStrings } from '../../../gateway/json/inner.ts';
import { spliceText } from '../../../gateway/json/splice.ts';
import { openEscape, unescapeLenient } from '../../../gateway/json/unescape.ts';
import { writeRandomly, writeScalar } from './random-json.ts';

/** What the reader says of a text that comes in these pieces: the strings, and all raw units in order. */
function readPieces(pieces: readonly string[]): { strings: string[]; raw: string } {
  const strings: string[] = [];
  let raw = '';
  let pending = '';
  const reader = new FragmentReader({
    structure: (units) => {
      raw += units;
    },
    pending: (units) => {
      pending += units;
      raw += units;
    },
    pendingWasNumber: () => {
      strings.push(pending);
      pending = '';
    },
    pendingWasStructure: () => {
      pending = '';
    },
    pendingWasText: () => {
      strings[strings.length - 1] += pending;
      pending = '';
    },
    open: () => strings.push(''),
    text: (units, value) => {
      raw += units;
      strings[strings.length - 1] += value;
    },
    partial: (units) => {
      raw += units;
    },
    close: () => undefined,
  });
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return { strings, raw };
}

function allStrings(value: unknown): string[] {
  if (typeof value === 'number') return [writeScalar(value)];
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.flatMap(allStrings);
  return Object.entries(value).flatMap(([key, item]) => [key, ...allStrings(item)]);
}

const json = fc.jsonValue({ maxDepth: 4 }).filter((value) => !JSON.stringify(value).includes('__proto__'));
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom(...'{}[]",:\\u0e1-+.tn 4a', '\\u0031', '"k":', '12', '\n'), { maxLength: 20 })
    .map((parts) => parts.join('')),
);

describe('JSON text in fragments', () => {
  it('finds every key, string and number of valid JSON, in order', () => {
    fc.assert(
      fc.property(json, fc.infiniteStream(fc.nat(1000)), (value, dice) => {
        const text = writeRandomly(value, () => dice.next().value);
        const expected = allStrings(value).filter((string) => string !== '');
        const found = innerStrings(text).map(({ value: inner, number }) =>
          number ? inner.trimEnd() : inner,
        );
        expect(found).to.deep.equal(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('says the same of a text in any pieces, JSON or not, and gives every unit on once', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          json.map((value) => JSON.stringify(value)),
        ),
        fc.array(fc.nat(40)),
        (text, cuts) => {
          const whole = readPieces([text]);
          expect(whole.raw).to.equal(text);
          const at = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
          const pieces = [0, ...at].map((from, i) => text.slice(from, [...at, text.length][i]));
          expect(readPieces(pieces)).to.deep.equal(whole);
          expect(readPieces([...text.split('')])).to.deep.equal(whole);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('finds the strings at the same places, so that replacing one keeps the rest', () => {
    fc.assert(
      fc.property(
        json,
        fc.infiniteStream(fc.nat(1000)),
        fc.string({ unit: 'binary' }),
        (value, dice, other) => {
          const text = writeRandomly(value, () => dice.next().value);
          const found = innerStrings(text);
          if (found.length === 0) return;
          const chosen = found[dice.next().value % found.length]!;
          const { start, end } = chosen;
          const after = spliceText(text, [{ start, end, text: innerReplacement(chosen, other) }]);
          expect(() => JSON.parse(after)).not.to.throw();
          const values = found.map((string) => (string === chosen ? other : string.value));
          expect(innerStrings(after).map((string) => string.value)).to.deep.equal(
            values.filter((string) => string !== ''),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('reads what models write instead of JSON', () => {
    const values = (text: string): string[] => innerStrings(text).map((string) => string.value);
    expect(values('my SSN is 123-45-6789')).to.deep.equal(['my SSN is 123-45-6789']);
    expect(values('{"ssn": 123-45-6789}')).to.deep.equal(['ssn', '123-45-6789}']);
    expect(values('{"ssn": 123 45 6789}')).to.deep.equal(['ssn', '123 45 6789}']);
    expect(values('{"a":"cut of')).to.deep.equal(['a', 'cut of']);
    expect(values('{"a":"\\u0031')).to.deep.equal(['a', '1']);
    expect(values('{"a":"x\\u00')).to.deep.equal(['a', 'x\\u00']);
    expect(values('{"a":"line\nbreak"}')).to.deep.equal(['a', 'line\nbreak']);
    expect(values('{"a":"\\x41"}')).to.deep.equal(['a', '\\x41']);
    expect(values('{}{"b":1}')).to.deep.equal(['b', '1']);
    expect(values('123456789')).to.deep.equal(['123456789']);
    expect(values('[true,null,-1.5e3 ]')).to.deep.equal(['-1.5e3 ']);
    expect(values('123-45-6789')).to.deep.equal(['123-45-6789']);
    expect(values('{"a":1}}')).to.deep.equal(['a', '1', '}']);
    expect(values('')).to.deep.equal([]);
  });

  it('tells an open escape at the end', () => {
    for (const [raw, open] of [
      ['\\', 1],
      ['\\\\', 0],
      ['\\\\\\', 1],
      ['\\u', 2],
      ['\\u00e', 5],
      ['\\u00e9', 0],
      ['\\\\u00', 0],
      ['\\n', 0],
      ['\\uzz', 0],
      ['u00', 0],
    ] as const) {
      expect(openEscape(raw), raw).to.equal(open);
    }
    expect(unescapeLenient('\\ud83d\\ude00\\"\\/\\b')).to.equal('😀"/\b');
  });
});
