import { expect } from 'chai';
import fc from 'fast-check';
import { JsonError } from '../../../gateway/json/error.ts';
import { type JsonNode, pathOf, STRING, stringValue } from '../../../gateway/json/node.ts';
import { decodeUtf8, MAX_DEPTH, MAX_NODES, readJson } from '../../../gateway/json/read.ts';
import { spliceText } from '../../../gateway/json/splice.ts';
import { jsonValue } from '../../../gateway/json/value.ts';
import { writeRandomly } from './random-json.ts';

function refusal(text: string): JsonError {
  try {
    readJson(text);
  } catch (error) {
    if (error instanceof JsonError) return error;
    throw error;
  }
  throw new Error(`was read: ${text}`);
}

function stringNodes(node: JsonNode): JsonNode[] {
  const found = node.kind === STRING ? [node] : [];
  for (let child = node.first; child !== null; child = child.next) found.push(...stringNodes(child));
  return found;
}

/** Keys are unique already in a value; `__proto__` is a key that plain assignment would lose. */
const json = fc.jsonValue({ maxDepth: 5 }).filter((value) => !JSON.stringify(value).includes('__proto__'));

describe('JSON reader', () => {
  it('reads the value that was written, however it is written', () => {
    fc.assert(
      fc.property(json, fc.infiniteStream(fc.nat(1000)), (value, dice) => {
        const text = writeRandomly(value, () => dice.next().value);
        const document = readJson(text);
        const { start, end } = document.root;
        expect(jsonValue(document)).to.deep.equal(value);
        expect(text.slice(start, end)).to.equal(text.trim());
      }),
      { numRuns: 500 },
    );
  });

  it('takes a text exactly when JSON.parse does', () => {
    const alphabet = [...'{}[]",:\\u0e1-+.tn ', 'true', 'null', '"a"', '"b":', '\n', '\u0001', 'é'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...alphabet), { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        let parsed = true;
        try {
          JSON.parse(text);
        } catch {
          parsed = false;
        }
        let code = 'read';
        try {
          readJson(text);
        } catch (error) {
          code = (error as JsonError).code;
        }
        if (code !== 'duplicate_key') expect(code).to.equal(parsed ? 'read' : 'invalid_json');
      }),
      { numRuns: 5000 },
    );
  });

  it('splices a string and leaves every other byte as it is', () => {
    fc.assert(
      fc.property(
        json,
        fc.infiniteStream(fc.nat(1000)),
        fc.string({ unit: 'binary' }),
        (value, dice, replacement) => {
          const text = writeRandomly(value, () => dice.next().value);
          const nodes = stringNodes(readJson(text).root);
          if (nodes.length === 0) return;
          const chosen = nodes[dice.next().value % nodes.length]!;
          const { start, end } = chosen;
          const after = spliceText(text, [{ start, end, text: JSON.stringify(replacement) }]);
          expect(after.slice(0, start)).to.equal(text.slice(0, start));
          expect(after.slice(after.length - (text.length - end))).to.equal(text.slice(end));
          const again = readJson(after);
          const same = stringNodes(again.root)[nodes.indexOf(chosen)]!;
          expect(stringValue(after, same)).to.equal(replacement);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps bytes through decoding, edits of other places included', () => {
    const body = Buffer.from('{ "seed" : 12345678901234567890, "a":"\\u00e9\\/é😀" , "b": "x" }');
    const text = decodeUtf8(body);
    const b = stringNodes(readJson(text).root)[1]!;
    const after = Buffer.from(spliceText(text, [{ start: b.start, end: b.end, text: '"y"' }]));
    expect(after.toString()).to.equal('{ "seed" : 12345678901234567890, "a":"\\u00e9\\/é😀" , "b": "y" }');
  });

  it('refuses duplicate keys however they are spelled, with their place', () => {
    for (const text of ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"x":{"é":1,"\\u00e9":2}}]']) {
      expect(refusal(text).code).to.equal('duplicate_key');
    }
    const many = Array.from({ length: 40 }, (_, i) => `"k${i}":${i}`).join(',');
    expect(readJson(`{${many}}`).nodes).to.equal(41);
    expect(refusal(`{${many},"k3":0}`).code).to.equal('duplicate_key');
    expect(pathOf(refusal('[{"x":{"p":1,"p":2}}]').node!)).to.equal('[0]{0}{1}');
  });

  it('refuses invalid UTF-8 and reads lone surrogates that are escaped', () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc3, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
    ]) {
      expect(() => decodeUtf8(Buffer.from(bytes)))
        .to.throw(JsonError)
        .with.property('code', 'invalid_utf8');
    }
    const text = '"\\ud83d"';
    expect(stringValue(text, readJson(text).root)).to.equal('\ud83d');
    expect(refusal('\ufeff{}').code).to.equal('invalid_json');
  });

  it('limits nesting without recursion', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(readJson(nested(MAX_DEPTH)).nodes).to.equal(MAX_DEPTH);
    expect(refusal(nested(MAX_DEPTH + 1)).code).to.equal('nesting_too_deep');
    expect(refusal('{"a":'.repeat(200_000)).code).to.equal('nesting_too_deep');
  });

  it('limits the number of values', () => {
    const values = (count: number): string => `[${Array.from({ length: count - 1 }, () => '0').join(',')}]`;
    expect(readJson(values(MAX_NODES)).nodes).to.equal(MAX_NODES);
    expect(refusal(values(MAX_NODES + 1)).code).to.equal('too_many_values');
    expect(readJson('[1,2]', 3).nodes).to.equal(3);
  });

  it('says where a text goes wrong, without quoting it', () => {
    expect(refusal('{"secret":tru}').message).to.equal(
      'The body is not valid JSON: expected a value at byte 10.',
    );
    expect(refusal('{"é":1,').message).to.match(/ends after 8 bytes/);
    expect(refusal('').message).to.match(/ends after 0 bytes/);
    expect(refusal('{} x').offset).to.equal(3);
  });

  it('refuses splices that overlap', () => {
    const one = { start: 0, end: 3, text: '' };
    expect(() => spliceText('abcdef', [one, { start: 2, end: 4, text: '' }])).to.throw(RangeError);
    expect(spliceText('abcdef', [{ start: 3, end: 3, text: 'X' }, one])).to.equal('Xdef');
  });
});
