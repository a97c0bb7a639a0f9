import { expect } from 'chai';
import { GatewayError } from '../../../gateway/errors.ts';
import { decide } from '../../../gateway/pipeline/decision.ts';
import { inspectTexts } from '../../../gateway/pipeline/entries.ts';
import { inspectRequest } from '../../../gateway/pipeline/hooks.ts';
import { CallerGone } from '../../../gateway/pipeline/inbound.ts';
import {
  brokenScanner,
  entryOf,
  hook,
  inspecting,
  leaf,
  rewriting,
  testEnv,
  tightScanner,
} from './fixtures.ts';

const redact = inspecting('redact', tightScanner({ word: 'ssn', type: 'ssn' }), {
  id: 'pii',
  kind: 'pii-detector',
});
const block = inspecting('block', tightScanner({ word: 'bad' }), { id: 'terms' });
const watch = inspecting('block', tightScanner({ word: 'odd' }), { id: 'watch', mode: 'observe' });
const marker = entryOf({}, { id: 'log', kind: 'audit-logger', mode: 'observe' });

function decided(
  entries: Parameters<typeof decide>[0],
  input: string,
  output: string | null = null,
  failMode: 'block' | 'allow' = 'block',
) {
  const outcomes = [inspectTexts(entries, 'input', [{ ...leaf(input), phase: 'input' }], testEnv(failMode))];
  if (outcomes[0]!.error === null && output !== null) {
    outcomes.push(inspectTexts(entries, 'output', [leaf(output)], testEnv(failMode)));
  }
  return decide(entries, outcomes, outcomes.at(-1)!.error);
}

describe('decision of a request', () => {
  it('is that all policies passed where nothing was found', () => {
    expect(decided([redact, block], 'x', 'y')).to.deep.include({
      verdict: 'allow',
      reason: 'all_policies_passed',
      policy: null,
      mode: 'enforce',
      degraded: false,
    });
    expect(decided([redact], 'x', 'y')).not.to.have.property('would_verdict');
  });

  it('is that of the strongest verdict of any phase, with the entry that gave it', () => {
    expect(decided([redact, block], 'ssn', 'y')).to.deep.include({
      verdict: 'redact',
      reason: 'pii.ssn',
      policy: 'pii',
    });
    expect(decided([redact, block], 'ssn', 'bad')).to.deep.include({
      verdict: 'block',
      reason: 'dlp.term',
      policy: 'terms',
    });
  });

  it('is an allowed one with what was withheld', () => {
    expect(decided([redact, watch], 'odd', 'y')).to.deep.include({
      verdict: 'allow',
      would_verdict: 'block',
      reason: 'dlp.term',
      policy: 'watch',
      mode: 'observe',
    });
  });

  it('has no verdict of a check that could not run', () => {
    const broken = inspecting('block', brokenScanner(), { id: 'broken' });
    const open = inspecting('block', brokenScanner(), { id: 'open', failMode: 'allow' });
    expect(decided([redact, open, broken], 'ssn')).to.deep.include({
      verdict: null,
      reason: 'policy_error',
      policy: 'broken',
      degraded: false,
    });
    expect(decided([broken], 'x', 'y', 'allow')).to.deep.include({ verdict: 'allow', degraded: true });
  });

  it('names a rewriter where nothing else found anything', () => {
    const rewriter = rewriting(tightScanner({ word: 'x', type: 'rule' }), { id: 'tone' });
    expect(decided([rewriter], 'a', 'x')).to.deep.include({
      verdict: 'allow',
      reason: 'response_rewriter.rule',
      policy: 'tone',
    });
  });

  it('is a block for a refusal by the caller’s own key, with its code', () => {
    const refusal = new GatewayError('model_not_allowed', 'no');
    expect(decide([redact], [], refusal)).to.deep.include({
      verdict: 'block',
      reason: 'model_not_allowed',
      policy: null,
    });
  });

  it('says the code where no entry ran, and that all passed where they did and something else failed', () => {
    expect(decide([redact], [], new GatewayError('invalid_json', 'no'))).to.deep.include({
      verdict: null,
      reason: 'invalid_json',
    });
    const input = inspectTexts([redact], 'input', [leaf('x')], testEnv());
    expect(decide([redact], [input], new GatewayError('upstream_timeout', 'no'))).to.deep.include({
      verdict: 'allow',
      reason: 'all_policies_passed',
    });
  });

  it('has the verdict of the entries only where they ran and the gateway did not fail', () => {
    const ssn = inspectTexts([redact], 'input', [leaf('ssn')], testEnv());
    const broken = inspectTexts([inspecting('block', brokenScanner())], 'output', [leaf('x')], testEnv());
    const verdictAfter = (outcomes: Parameters<typeof decide>[1], failure: Parameters<typeof decide>[2]) =>
      decide([redact], outcomes, failure).verdict;
    for (const code of ['upstream_connect', 'target_unavailable', 'evidence_unavailable'] as const) {
      expect(verdictAfter([ssn], new GatewayError(code, 'no'))).to.equal('redact');
      expect(verdictAfter([], new GatewayError(code, 'no'))).to.equal(null);
    }
    expect(verdictAfter([ssn], new CallerGone())).to.equal('redact');
    for (const code of ['internal_error', 'model_not_found'] as const) {
      const failed = decide([redact], [ssn], new GatewayError(code, 'no'));
      expect(failed).to.deep.include({ verdict: null, reason: code, policy: null });
    }
    // A caller who leaves changes nothing of it.
    expect(decide([redact], [ssn, broken], new CallerGone())).to.deep.include({
      verdict: null,
      reason: 'policy_error',
    });
  });

  it('has no verdict, and not the reason that all passed, where the caller left before any entry ran', () => {
    const left = decide([redact], [], new CallerGone());
    expect(left).to.deep.include({ verdict: null, reason: 'caller_gone', policy: null });
    expect(left.entries[0]?.reason).to.equal('refused_earlier');
  });

  it('has the mode of the strictest entry where none decided', () => {
    expect(decide([watch], [], null).mode).to.equal('observe');
    expect(decide([], [], null).mode).to.equal(null);
  });
});

describe('results on the event', () => {
  it('list each entry, in chain order, whatever it had to do', () => {
    const outputOnly = entryOf(
      { inspectText: hook('block', tightScanner({ word: 'z' }), ({ phase }) => phase === 'output') },
      { id: 'out' },
    );
    const { entries } = decided([outputOnly, redact, marker], 'ssn', 'y');
    expect(
      entries.map(({ entry, phase, outcome, reason }) => [entry.id, phase, outcome, reason]),
    ).to.deep.equal([
      ['out', 'output', 'no_findings', undefined],
      ['pii', 'input', 'findings', 'pii.ssn'],
      ['pii', 'output', 'no_findings', undefined],
      ['log', 'input', 'not_run', 'nothing_to_inspect'],
    ]);
  });

  it('list what a block or a refusal left out', () => {
    const later = entryOf({ inspectResponse: () => null }, { id: 'later' });
    expect(decided([block, later], 'bad').entries[1]).to.deep.include({
      outcome: 'not_run',
      reason: 'blocked_earlier',
    });
    expect(decide([later], [], new GatewayError('invalid_json', 'no')).entries[0]?.reason).to.equal(
      'refused_earlier',
    );
  });

  it('make one line of several hooks of an entry in one phase', () => {
    const both = entryOf(
      {
        inspectRequest: () => ({ action: 'flag', reason: 'x.flag', message: '', score: 0.2 }),
        inspectText: hook('redact', tightScanner({ word: 'ssn', type: 'ssn' })),
      },
      { kind: 'pii-detector' },
    );
    const request = {
      namespace: '',
      gateway: '',
      dialect: '',
      model: '',
      stream: false,
      bytes: 0,
      headers: {},
    };
    const outcomes = [
      inspectRequest([both], request, testEnv()),
      inspectTexts([both], 'input', [leaf('ssn')], testEnv()),
    ];
    const { entries } = decide([both], outcomes, null);
    expect(entries).to.have.length(1);
    expect(entries[0]).to.deep.include({
      verdict: 'redact',
      reason: 'pii.ssn',
      score: 0.2,
      outcome: 'findings',
    });
    expect(entries[0]?.findings).to.have.length(1);
  });
});
