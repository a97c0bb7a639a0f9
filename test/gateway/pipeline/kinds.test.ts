import { expect } from 'chai';
import fc from 'fast-check';
import type { CompiledEntry } from '../../../gateway/config/plan.ts';
import { GatewayError } from '../../../gateway/errors.ts';
import { inspectTexts } from '../../../gateway/pipeline/entries.ts';
import { createStreamGuard } from '../../../gateway/pipeline/stream-guard.ts';
import { textAndCuts } from '../detectors/cuts.ts';
import { compile, kindOf } from '../policies/compile.ts';
import { type EntryOptions, entryOf, leaf, testEnv } from './fixtures.ts';

/** An entry of a built kind, as a document would configure it. */
function built(kind: string, settings: object, options: EntryOptions = {}): CompiledEntry {
  const { streaming } = kindOf(kind);
  const entry = entryOf(compile(kind, settings), { kind, id: kind, ...options });
  return { ...entry, kind: { ...entry.kind, streaming } };
}

const pii = built('pii-detector', {});
const masked = built(
  'pii-detector',
  { redaction: { preserve_length: true, marker_format: 'asterisks' } },
  { id: 'masked' },
);
const keys = built('dlp-filter', { detect_patterns: ['AKIA[0-9A-Z]{16}', '\\bproj-\\d{1,6}\\b'] });
const unbounded = built('dlp-filter', { detect_patterns: ['id:\\s*\\w+'] }, { id: 'unbounded' });
const fuzzy = built('dlp-filter', { blocked_terms: ['Nightjar'], fuzzy_matching: true }, { id: 'fuzzy' });
const falcon = built('dlp-filter', { blocked_terms: ['Project Falcon'], action: 'block' }, { id: 'falcon' });
const rewriter = built('response-rewriter', {
  rules: [
    { name: 'tone', pattern: '\\bbird\\b', replacement: 'Falcon' },
    { name: 'note', position: 'append', replacement: ' (checked)' },
  ],
});

const snippets = [
  '123-45-6789',
  'SSN 123456789',
  'jane.doe@example.com',
  '4111 1111 1111 1111',
  '+1 (415) 555-0132',
  '10.1.2.3',
  'AKIAIOSFODNN7EXAMPLE',
  'proj-1234',
  'id: x9',
  'Nightjarr',
  'project falcon',
  'Project bird',
  '{"a": "bird 123-45-6789"}',
];

function streamed(entries: readonly CompiledEntry[], text: string, cuts: readonly number[]) {
  const guard = createStreamGuard({ ...testEnv(), entries });
  const channel = guard.channel(leaf(''));
  let sent = '';
  let code: string | null = null;
  try {
    const ends = [...cuts].sort((a, b) => a - b).concat(text.length);
    ends.forEach((end, index) => {
      sent += channel.push(text.slice(ends[index - 1] ?? 0, end)).text;
    });
    sent += channel.end();
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    code = thrown.code;
  }
  return { sent, code, findings: guard.results().map(({ findings }) => findings) };
}

describe('built kinds in a stream', () => {
  it('mask as in the whole text, for any chain of them and any cutting', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([pii, masked, keys, fuzzy, rewriter, unbounded], { minLength: 1 }),
        textAndCuts(snippets),
        (entries, [text, cuts]) => {
          const whole = inspectTexts(entries, 'output', [leaf(text)], testEnv());
          const { sent, code, findings } = streamed(entries, text, cuts);
          expect(code).to.equal(null);
          expect(sent).to.equal(whole.edits[0]?.text ?? text);
          expect(findings).to.deep.equal(whole.results.map((result) => result.findings));
        },
      ),
      { numRuns: 1500 },
    );
  }).timeout(20_000);

  it('block as in the whole text', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([pii, keys, rewriter]).map((chain) => [...chain, falcon]),
        textAndCuts(snippets),
        (entries, [text, cuts]) => {
          const whole = inspectTexts(entries, 'output', [leaf(text)], testEnv());
          const { sent, code } = streamed(entries, text, cuts);
          expect(code).to.equal(whole.error?.code ?? null);
          expect(sent.toLowerCase()).not.to.contain('project falcon');
        },
      ),
      { numRuns: 1000 },
    );
  }).timeout(20_000);

  it('check 10: a block by one leaves the others not run, and says so', () => {
    const outcome = inspectTexts(
      [falcon, pii],
      'input',
      [{ ...leaf('Project Falcon, 123-45-6789'), phase: 'input' }],
      testEnv(),
    );
    expect(outcome.error).to.deep.include({ code: 'input_blocked', policy: 'falcon' });
    expect(outcome.results.map(({ outcome, reason }) => [outcome, reason])).to.deep.equal([
      ['findings', 'dlp.term'],
      ['not_run', 'blocked_earlier'],
    ]);
  });

  it('give reasons with the subject of their kind', () => {
    const { results } = inspectTexts([pii, rewriter], 'output', [leaf('123-45-6789')], testEnv());
    expect(results.map(({ reason }) => reason)).to.deep.equal(['pii.ssn', 'response_rewriter.note']);
  });
});
