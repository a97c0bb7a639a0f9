import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { fixedPattern } from '../../../gateway/detectors/fixed-pattern.ts';
import { EMAIL, IP_ADDRESS } from '../../../gateway/detectors/pii/addresses.ts';
import { isCardNumber, isNpi, luhn } from '../../../gateway/detectors/pii/checksums.ts';
import { compile, findings } from '../policies/compile.ts';
import { scanPieces } from './cuts.ts';

const hook = compile('pii-detector', { healthcare_mode: true }).inspectText;
const types = (text: string): string[] => findings(hook, text).map(({ type }) => type);
const found = (text: string): string[] =>
  findings(hook, text).map(({ start, end }) => text.slice(start, end));

describe('personal data', () => {
  it('checks card numbers and provider identifiers by their check digit', () => {
    expect(luhn('79927398713')).to.equal(true);
    expect(luhn('79927398710')).to.equal(false);
    expect(isCardNumber('4111111111111111')).to.equal(true);
    expect(isCardNumber('4111111111111112')).to.equal(false);
    expect(isCardNumber('9111111111111111')).to.equal(false);
    expect(isNpi('1234567893')).to.equal(true);
    expect(isNpi('1234567890')).to.equal(false);
  });

  it('holds back of an address what its pattern says, though it looks at less of the text', () => {
    const piece = fc.constantFrom(...'ab1 c.@:-\né😀', 'word ', 'a1b2c3d4e5f6', '::', '.com', 'x'.repeat(40));
    const texts = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(''));
    for (const { opensAt, ...plain } of [EMAIL, IP_ADDRESS[1]!]) {
      expect(opensAt).to.be.a('function');
      const [quick, slow] = [fixedPattern({ ...plain, opensAt }), fixedPattern(plain)];
      fc.assert(
        fc.property(texts, fc.nat(40), (text, at) => {
          const from = Math.min(at, text.length);
          expect(quick.next(text, from, false)).to.deep.equal(slow.next(text, from, false));
        }),
        { numRuns: 2000 },
      );
    }
  });

  it('finds just the identifier', () => {
    expect(found('SSN 123-45-6789.')).to.deep.equal(['123-45-6789']);
    expect(found('card 4111 1111 1111 1111 123, 12/27')).to.deep.equal(['4111 1111 1111 1111']);
    expect(found('<joe.b+x@mail.example.co.uk>')).to.deep.equal(['joe.b+x@mail.example.co.uk']);
    expect(found('Cardholder name: John Q. Smith, cvv: 123')).to.deep.equal(['John Q. Smith', '123']);
    expect(found('MRN: 12345678 / member ID: XYZ-123456')).to.deep.equal(['12345678', 'XYZ-123456']);
  });

  it('finds an address whose groups are all full, whole and in pieces', () => {
    for (const address of [
      '2001:0db8:85a3:1111:2222:8a2e:0370:7334',
      '2001:0db8:85a3:0000:0000:8a2e:0370:7334',
    ]) {
      const text = `from ${address} on`;
      expect(found(text)).to.deep.equal([address]);
      const { scan, contextLength } = hook!.scanner;
      for (let cut = 0; cut <= text.length; cut += 1) {
        for (const cuts of [[cut], Array.from({ length: text.length }, (_, at) => at).slice(cut)]) {
          const spans = scanPieces((...args) => scan(...args), text, cuts, contextLength);
          expect(
            spans.map(({ start, end }) => text.slice(start, end)),
            String(cuts),
          ).to.deep.equal([address]);
        }
      }
    }
  });

  it('is not misled by what only looks like it', () => {
    for (const text of [
      '000-12-3456, 666-12-3456, 900-12-3456, 123-00-4567, 123-45-0000',
      '4111 1111 1111 1112',
      'version 10.4.2.1 on 127.0.0.1 at 12:30:45',
      'std::vector<a::b> x; 0::/8',
      '2026-03-04, 05-06-2026 10:30, 1767225600123, 1,234,567.89',
      'NPI 1234567890',
      'npm i @scope/name, a @ b, user@localhost',
      '01101000 01100101 01110010, 080 087 078 069',
    ]) {
      expect(found(text), text).to.deep.equal([]);
    }
  });

  it('looks for medical identifiers and card details only where asked', () => {
    const text = 'MRN: 12345678, cvv: 123';
    const plain = compile('pii-detector', { pci_mode: false }).inspectText;
    expect(findings(plain, text)).to.deep.equal([]);
    expect(types(text)).to.deep.equal(['mrn', 'cvv']);
  });
});

/** Sets of labelled texts that are not part of the project; the floors are what was measured on them. */
describe('personal data in the labelled sets', () => {
  const OURS: Readonly<Record<string, string>> = {
    CREDIT_CARD: 'credit_card',
    US_SSN: 'ssn',
    IP_ADDRESS: 'ip_address',
    EMAIL_ADDRESS: 'email',
    PHONE_NUMBER: 'phone',
  };
  interface Row {
    text: string;
    spans: { type: string; start: number; end: number }[];
  }
  let folder: string;

  before(function () {
    const named = process.env['KT_CORPUS_DIR'];
    if (named === undefined) return this.skip();
    folder = join(named, 'pii');
  });

  function rows(file: string): Row[] {
    return readFileSync(join(folder, file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => {
        const row = JSON.parse(line) as Record<string, unknown>;
        const spans = (row['spans'] as Record<string, unknown>[]).map((span) => ({
          type: String(span['type'] ?? span['entity_type']),
          start: Number(span['start'] ?? span['start_position']),
          end: Number(span['end'] ?? span['end_position']),
        }));
        return { text: String(row['text'] ?? row['full_text']), spans };
      });
  }

  /** Spans of our types, those found with their exact borders and type, and findings where nothing is labelled. */
  function score(file: string): { labelled: number; exact: number; false: number; rows: number } {
    const total = { labelled: 0, exact: 0, false: 0, rows: 0 };
    for (const { text, spans } of rows(file)) {
      const all = findings(hook, text);
      total.rows += 1;
      for (const { type, start, end } of spans) {
        if (OURS[type] === undefined) continue;
        total.labelled += 1;
        if (all.some((one) => one.start === start && one.end === end && one.type === OURS[type]))
          total.exact += 1;
      }
      total.false += all.filter(
        (one) => !spans.some(({ start, end }) => start < one.end && one.start < end),
      ).length;
    }
    return total;
  }

  it('identifiers: every one of 60 is found exactly, and nothing in the near misses', () => {
    const result = score('identifiers.jsonl');
    expect(result.labelled).to.equal(60);
    expect(result.exact).to.equal(60);
    expect(result.false).to.equal(0);
  });

  it('synthetic sentences: at least 179 of 180 are found exactly, and nothing where nothing is', () => {
    const result = score('presidio_v2_templates60.jsonl');
    expect(result.labelled).to.equal(180);
    expect(result.exact).to.be.at.least(179);
    expect(result.false).to.equal(0);
  });
});
