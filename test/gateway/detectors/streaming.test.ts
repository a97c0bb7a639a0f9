import { expect } from 'chai';
import fc from 'fast-check';
import type { TextFinding, TextHook } from '../../../gateway/policies/kind.ts';
import { compile } from '../policies/compile.ts';
import { scanPieces, textAndCuts } from './cuts.ts';

const NOISE = 'ab1 4-.@:/()é😀\n';

const PII = [
  '123-45-6789',
  '123 45 6789',
  'ssn 123456789',
  '4111 1111 1111 1111',
  '4111111111111111 123',
  '371449635398431',
  'joe.b@example.co.uk',
  'é@müller.de',
  '+49 30 1234567',
  '(212) 555-0161 x12',
  '0494 92 82 32',
  'call 737 219 628',
  '10.20.30.40',
  'version 10.4.2.1',
  'fe80::1:2',
  '2001:db8:0:0:0:0:2:1',
  'cvv: 123',
  'CVV2 is 4567',
  'MRN: 12345678',
  'member id ABC123456',
  '1EG4-TE5-MK73',
  'NPI 1234567893',
  'Cardholder: John Smith',
  'name on card Mary Ann Lee',
];
const DLP = [
  'Project Falcon',
  'project falcom',
  'Projekt-Falcon',
  'FALCON',
  'Falcon Heavy',
  'Osprey',
  'ospry',
  'AKIAIOSFODNN7EXAMPLE',
  'TOP SECRET//SI//NOFORN',
  'CONFIDENTIAL',
  'internal use only',
  '(S//NF)',
  'do not distribute',
];
const REWRITE = ['Keep Trusts', 'Keep', 'Trust', '{"a": "Keep Trusts"}', '["x"]', '  ', '{'];

const HOOKS: [string, string[], () => TextHook | undefined][] = [
  [
    'pii-detector with every type',
    PII,
    () =>
      compile('pii-detector', {
        healthcare_mode: true,
        detect_patterns: ['\\bEMP-\\d{4}\\b'],
        redaction: { marker_format: 'partial' },
      }).inspectText,
  ],
  [
    'dlp-filter with terms, misspelt terms, patterns and markings',
    DLP,
    () =>
      compile('dlp-filter', {
        blocked_terms: ['Project Falcon', 'falcon', 'Falcon Heavy', 'osprey'],
        fuzzy_matching: true,
        max_distance: 2,
        detect_patterns: ['\\bAKIA[0-9A-Z]{16}\\b'],
        sensitivity_level: 'restricted',
      }).inspectText,
  ],
  [
    'response-rewriter',
    REWRITE,
    () =>
      compile('response-rewriter', {
        rules: [
          { name: 'spelling', pattern: '\\bKeep Trusts?\\b', replacement: 'Keeptrusts' },
          { name: 'overlap', pattern: '(?i)trusts?.', replacement: '<$&>' },
          { name: 'before', position: 'prepend', replacement: 'Note: ' },
          { name: 'behind', position: 'append', replacement: ' (end)' },
        ],
      }).transformText,
  ],
];

describe('text hooks in a stream', () => {
  for (const [title, snippets, hookOf] of HOOKS) {
    const hook = hookOf();
    const scan = (text: string, from: number, final: boolean, hit: (found: TextFinding) => void): number =>
      hook!.scanner.scan(text, from, final, hit);

    it(`finds the same in pieces as in one: ${title}`, () => {
      expect(hook?.form).to.equal('windowed');
      fc.assert(
        fc.property(textAndCuts(snippets, NOISE), ([text, cuts]) => {
          expect(scanPieces(scan, text, cuts, hook!.scanner.contextLength)).to.deep.equal(
            scanPieces(scan, text, [], 0),
          );
        }),
        { numRuns: 600 },
      );
    });

    it(`finds each example: ${title}`, () => {
      for (const snippet of snippets) {
        const found = scanPieces(scan, `x ${snippet} y`, [], 0);
        const harmless = /^version|^\s|^[{[]|^Keep$/.test(snippet);
        if (!harmless) expect(found, snippet).to.not.be.empty;
      }
    });
  }
});
