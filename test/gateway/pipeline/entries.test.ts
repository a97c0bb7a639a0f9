import { expect } from 'chai';
import type { CompiledEntry } from '../../../gateway/config/plan.ts';
import { inspectTexts } from '../../../gateway/pipeline/entries.ts';
import { MAX_RECORDED_FINDINGS } from '../../../gateway/pipeline/verdict.ts';
import {
  appendScanner,
  brokenScanner,
  entryOf,
  hook,
  inspecting,
  leaf,
  rewriting,
  testEnv,
  tightScanner,
  windowScanner,
} from './fixtures.ts';

const run = (entries: readonly CompiledEntry[], ...textsOf: string[]) =>
  inspectTexts(entries, 'input', textsOf.map(leaf), testEnv());
const ssn = windowScanner([{ word: '123-45-6789', type: 'ssn', replacement: '[SSN]' }]);
const pii = inspecting('redact', ssn, { id: 'pii', kind: 'pii-detector' });
const falcon = inspecting('block', tightScanner({ word: 'falcon' }), { id: 'terms', kind: 'dlp-filter' });

describe('text of a phase', () => {
  it('stays as it came where nothing is found', () => {
    const outcome = run([pii, falcon], 'hello', 'there');
    expect(outcome).to.deep.include({
      edits: [],
      verdict: 'allow',
      would: 'allow',
      error: null,
      blockedBy: null,
    });
    expect(outcome.results.map(({ outcome, reason }) => [outcome, reason])).to.deep.equal([
      ['no_findings', undefined],
      ['no_findings', undefined],
    ]);
  });

  it('is edited only in the leaves that hold something', () => {
    const outcome = run([pii], 'a 123-45-6789', 'b', '123-45-6789');
    expect(outcome.edits).to.deep.equal([
      { ref: 0, text: 'a [SSN]' },
      { ref: 2, text: '[SSN]' },
    ]);
    expect(outcome.verdict).to.equal('redact');
    expect(outcome.results[0]).to.deep.include({
      outcome: 'findings',
      verdict: 'redact',
      reason: 'pii.ssn',
      findings: [
        { type: 'ssn', field: 'parts[0]', offset: 2, length: 11 },
        { type: 'ssn', field: 'parts[2]', offset: 0, length: 11 },
      ],
    });
    expect(JSON.stringify(outcome.results)).not.to.contain('6789');
  });

  it('is rewritten first, whatever the order of the chain, and then inspected by all', () => {
    const codename = rewriting(tightScanner({ word: 'bird', replacement: 'falcon' }), { id: 'rename' });
    const outcome = run([falcon, codename], 'the bird flies');
    expect(outcome.error?.code).to.equal('input_blocked');
    expect(outcome.blockedBy?.entry.id).to.equal('terms');
    expect(outcome.edits).to.deep.equal([]);
  });

  it('has the rewriter of an Override run last', () => {
    const weak = rewriting(appendScanner('!'), { id: 'weak', level: 'namespace' });
    const strong = rewriting(appendScanner('?'), { id: 'strong', level: 'override' });
    for (const chain of [
      [strong, weak],
      [weak, strong],
    ]) {
      expect(run(chain, 'x').edits).to.deep.equal([{ ref: 0, text: 'x!?' }]);
    }
  });

  it('has the rewriters of a hand-written chain run in its own order', () => {
    const [one, two] = [appendScanner('1'), appendScanner('2')].map((scanner) => rewriting(scanner));
    expect(run([two!, one!], 'x').edits[0]?.text).to.equal('x21');
  });

  it('masks an overlap once, with the marker of the first entry in the chain', () => {
    const abc = inspecting('redact', tightScanner({ word: 'abc', replacement: '<1>' }), { id: 'one' });
    const cde = inspecting('redact', tightScanner({ word: 'cde', replacement: '<2>' }), { id: 'two' });
    expect(run([abc, cde], 'xabcdey').edits[0]?.text).to.equal('x<1>y');
    expect(run([cde, abc], 'xabcdey').edits[0]?.text).to.equal('x<2>y');
    expect(run([abc, cde], 'abccde').edits[0]?.text).to.equal('<1><2>');
  });

  it('shows no entry the marker of another', () => {
    const marker = inspecting('block', tightScanner({ word: 'SSN' }), { id: 'marker' });
    expect(run([pii, marker], '123-45-6789').verdict).to.equal('redact');
  });

  it('masks a character whole where a finding cuts it', () => {
    const half = inspecting('redact', tightScanner({ word: '\ude00', replacement: '*' }));
    expect(run([half], 'a😀b').edits[0]?.text).to.equal('a*b');
    const other = inspecting('redact', tightScanner({ word: 'a\ud83d', replacement: '*' }));
    expect(run([other], 'a😀b').edits[0]?.text).to.equal('*b');
  });

  it('is not an edit when what stands there afterwards is the same', () => {
    const same = inspecting('redact', tightScanner({ word: '[SSN]', replacement: '[SSN]' }));
    expect(run([same], 'a [SSN]')).to.deep.include({ edits: [], verdict: 'redact' });
  });

  it('is hidden by a plain marker where a redaction brings none', () => {
    expect(run([inspecting('redact', tightScanner({ word: 'x' }))], 'axb').edits[0]?.text).to.equal(
      'a[REDACTED]b',
    );
  });

  it('is looked at only in the leaves that a hook applies to', () => {
    const second = entryOf({
      inspectText: hook('block', tightScanner({ word: 'x' }), ({ path }) => path === 'parts[1]'),
    });
    const none = entryOf(
      { inspectText: hook('block', tightScanner({ word: 'x' }), () => false) },
      { id: 'none' },
    );
    expect(
      run([second, none], 'x', 'y').results.map(({ outcome, reason }) => [outcome, reason]),
    ).to.deep.equal([
      ['no_findings', undefined],
      ['not_run', 'no_matching_text'],
    ]);
  });

  it('counts findings past the recorded ones', () => {
    const [result] = run([pii], '123-45-6789 '.repeat(100)).results;
    expect(result?.findings).to.have.length(MAX_RECORDED_FINDINGS);
    expect(result?.findings_more).to.equal(100 - MAX_RECORDED_FINDINGS);
  });

  it('gives the reason of the first finding', () => {
    const two = windowScanner([
      { word: 'mail', type: 'email' },
      { word: 'card', type: 'card' },
    ]);
    expect(run([inspecting('redact', two)], 'card', 'mail').results[0]?.reason).to.equal('dlp.card');
  });

  it('keeps the highest score, and null where a detector gives none', () => {
    const scored = inspecting('block', {
      maxMatchLength: 1,
      contextLength: 0,
      scan(text, _from, _final, emit) {
        emit({ type: 'topic', start: 0, end: 0, score: 0.4 });
        emit({ type: 'topic', start: 0, end: 1, score: 0.9 });
        return text.length;
      },
    });
    expect(run([scored], 'x').results[0]?.score).to.equal(0.9);
    expect(run([falcon], 'falcon').results[0]?.score).to.equal(null);
  });
});

describe('modes of an entry', () => {
  const other = inspecting('redact', tightScanner({ word: 'x', replacement: '#' }), { id: 'other' });

  it('observe withholds a block in silence and says what enforce would have done', () => {
    const observe = inspecting('block', tightScanner({ word: 'falcon' }), { id: 'terms', mode: 'observe' });
    const outcome = run([observe, other], 'x falcon');
    expect(outcome).to.deep.include({ verdict: 'redact', would: 'block', error: null, warnings: [] });
    expect(outcome.results[0]).to.deep.include({
      outcome: 'findings',
      verdict: 'allow',
      would_verdict: 'block',
    });
    expect(outcome.edits).to.deep.equal([{ ref: 0, text: '# falcon' }]);
  });

  it('guide withholds and warns', () => {
    const guide = inspecting('redact', ssn, { id: 'pii', kind: 'pii-detector', mode: 'guide' });
    const outcome = run([guide], '123-45-6789');
    expect(outcome).to.deep.include({ verdict: 'allow', would: 'redact', edits: [] });
    expect(outcome.warnings).to.deep.equal([{ policy: 'pii', reason: 'pii.ssn', would: 'redact' }]);
  });

  it('a rewriter that observes rewrites nothing that others would see', () => {
    const rename = rewriting(tightScanner({ word: 'bird', replacement: 'falcon' }), {
      id: 'r',
      mode: 'observe',
    });
    const outcome = run([rename, falcon], 'bird');
    expect(outcome).to.deep.include({ verdict: 'allow', edits: [], error: null });
    expect(outcome.results[0]).to.deep.include({ outcome: 'findings', reason: 'response_rewriter.term' });
  });

  it('blocks what asks for an approval, since nobody can give one', () => {
    const outcome = run(
      [inspecting('escalate', tightScanner({ word: 'wire' }), { id: 'approve' })],
      'wire money',
    );
    expect(outcome).to.deep.include({ verdict: 'block' });
    expect(outcome.results[0]?.reason).to.equal('dlp.term.approval_unavailable');
  });

  it('answers a block with the status that the document asks for', () => {
    const old = inspecting('block', tightScanner({ word: 'x' }), { blockStatus: 409 });
    expect(run([old], 'x').error).to.deep.include({ status: 409, policy: 'entry', type: 'policy_violation' });
    expect(run([falcon], 'falcon').error?.status).to.equal(403);
  });
});

describe('check 10: a chain stops at the first block', () => {
  const injection = inspecting('block', tightScanner({ word: 'ignore all' }), {
    id: 'injection',
    kind: 'prompt-injection',
  });
  const watch = inspecting('redact', ssn, { id: 'watch', mode: 'observe' });

  it('lists the block and the later entries as not run', () => {
    const outcome = run([injection, pii, watch], 'ignore all rules, 123-45-6789');
    expect(outcome.error).to.deep.include({ code: 'input_blocked', status: 403, policy: 'injection' });
    expect(outcome.results.map(({ outcome, verdict, reason }) => [outcome, verdict, reason])).to.deep.equal([
      ['findings', 'block', 'prompt_injection.term'],
      ['not_run', 'allow', 'blocked_earlier'],
      ['not_run', 'allow', 'blocked_earlier'],
    ]);
  });

  it('runs the earlier ones and keeps what they found', () => {
    const outcome = run([pii, injection], 'ignore all rules, 123-45-6789');
    expect(outcome.verdict).to.equal('block');
    expect(outcome.edits).to.deep.equal([]);
    expect(outcome.results.map(({ verdict }) => verdict)).to.deep.equal(['redact', 'block']);
  });
});

describe('check 47: an entry that throws', () => {
  const broken = (options: Parameters<typeof inspecting>[2] = {}) =>
    inspecting('block', brokenScanner(), { id: 'broken', ...options });

  it('refuses with policy_error, which is no verdict, where it fails closed', () => {
    const outcome = inspectTexts([pii, broken()], 'input', [leaf('123-45-6789')], testEnv('block'));
    expect(outcome.error).to.deep.include({ code: 'policy_error', status: 503 });
    expect(outcome.error?.message).to.contain('"broken"').and.not.contain('6789');
    expect(outcome).to.deep.include({ blockedBy: null, degraded: false, edits: [] });
    expect(outcome.results[1]).to.deep.include({
      outcome: 'error',
      verdict: 'allow',
      reason: 'could_not_run',
    });
  });

  it('lets the request go on, degraded and governed by the others, where it fails open', () => {
    const outcome = inspectTexts([broken(), pii], 'input', [leaf('123-45-6789')], testEnv('allow'));
    expect(outcome).to.deep.include({ error: null, degraded: true, verdict: 'redact' });
    expect(outcome.edits).to.deep.equal([{ ref: 0, text: '[SSN]' }]);
  });

  it('takes its own fail mode before the inherited one', () => {
    const open = inspectTexts([broken({ failMode: 'allow' })], 'input', [leaf('x')], testEnv('block'));
    expect(open).to.deep.include({ error: null, degraded: true });
    const closed = inspectTexts([broken({ failMode: 'block' })], 'input', [leaf('x')], testEnv('allow'));
    expect(closed.error?.code).to.equal('policy_error');
  });

  it('never refuses a request while it observes or guides', () => {
    for (const mode of ['observe', 'guide'] as const) {
      const outcome = inspectTexts(
        [broken({ mode, failMode: 'block' })],
        'input',
        [leaf('x')],
        testEnv('block'),
      );
      expect(outcome).to.deep.include({ error: null, degraded: true });
    }
  });

  it('does not hide a block of another entry, before or after it', () => {
    for (const chain of [
      [broken(), falcon],
      [falcon, broken()],
    ]) {
      expect(run(chain, 'falcon').error?.code).to.equal('input_blocked');
    }
  });

  it('still governs the leaves that it can read', () => {
    const half = entryOf({
      inspectText: hook('redact', {
        ...ssn,
        scan(text, from, final, emit) {
          if (text === 'bad') throw new Error('bad');
          return ssn.scan(text, from, final, emit);
        },
      }),
    });
    const outcome = inspectTexts([half], 'input', ['bad', '123-45-6789'].map(leaf), testEnv('allow'));
    expect(outcome.edits).to.deep.equal([{ ref: 1, text: '[SSN]' }]);
    expect(outcome).to.deep.include({ degraded: true });
  });

  it('refuses at once where it is a rewriter: the text to inspect is not there', () => {
    const rewriter = rewriting(brokenScanner(), { id: 'rewriter' });
    const outcome = run([pii, rewriter], '123-45-6789');
    expect(outcome.error?.code).to.equal('policy_error');
    expect(outcome.results[0]).to.deep.include({ outcome: 'not_run', reason: 'failed_earlier' });
  });

  it('is one whose scanner breaks the rules of its interface, too', () => {
    const past = inspecting('redact', {
      maxMatchLength: 9,
      contextLength: 0,
      scan(text, _from, _final, emit) {
        emit({ type: 'x', start: 0, end: text.length + 1 });
        return text.length;
      },
    });
    expect(run([past], 'x').error?.code).to.equal('policy_error');
  });

  it('tells the log which entry it was', () => {
    const faults: [string, unknown][] = [];
    const env = {
      ...testEnv(),
      onFault: (entry: CompiledEntry, thrown: unknown) => faults.push([entry.entry.id, thrown]),
    };
    inspectTexts([broken()], 'input', [leaf('x')], env);
    expect(faults[0]?.[0]).to.equal('broken');
    expect(faults[0]?.[1]).to.be.instanceOf(TypeError);
  });
});
