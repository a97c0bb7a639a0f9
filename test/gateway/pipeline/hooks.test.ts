import { expect } from 'chai';
import type { CompiledEntry } from '../../../gateway/config/plan.ts';
import { inspectRequest, inspectResponse } from '../../../gateway/pipeline/hooks.ts';
import type { Inspection, RequestFacts, ResponseFacts } from '../../../gateway/policies/kind.ts';
import { type EntryOptions, entryOf, testEnv } from './fixtures.ts';

const request: RequestFacts = {
  namespace: 'team-a',
  gateway: 'default',
  dialect: 'some',
  model: 'm',
  stream: false,
  bytes: 10,
  headers: {},
};
const response: ResponseFacts = {
  request,
  target: { id: 't', provider: 'p', data_policy: undefined },
  model: 'm',
  finishReasons: ['stop'],
  bytes: 2,
};
const missing: Inspection = { action: 'block', reason: 'rbac.header_missing', message: 'Send X-User-ID.' };
const judge = (inspection: Inspection | Error, options: EntryOptions = {}): CompiledEntry =>
  entryOf(
    {
      inspectRequest: () => {
        if (inspection instanceof Error) throw inspection;
        return inspection;
      },
    },
    options,
  );

describe('hooks that judge a whole', () => {
  it('pass where none finds anything, and list only entries that have the hook', () => {
    const outcome = inspectRequest([judge(null), entryOf({}, { id: 'none' })], request, testEnv());
    expect(outcome).to.deep.include({ verdict: 'allow', error: null });
    expect(outcome.results.map(({ entry, outcome }) => [entry.id, outcome])).to.deep.equal([
      ['entry', 'no_findings'],
    ]);
  });

  it('block with the hook’s reason and message, and leave the rest not run', () => {
    const outcome = inspectRequest(
      [judge(missing, { id: 'rbac' }), judge(null, { id: 'later' })],
      request,
      testEnv(),
    );
    expect(outcome.error).to.deep.include({ code: 'input_blocked', policy: 'rbac' });
    expect(outcome.error?.message).to.equal(
      'Policy "rbac" does not allow this request (rbac.header_missing). Send X-User-ID.',
    );
    expect(outcome.results.map(({ reason }) => reason)).to.deep.equal([
      'rbac.header_missing',
      'blocked_earlier',
    ]);
  });

  it('only note what they flag', () => {
    const outcome = inspectRequest(
      [judge({ action: 'flag', reason: 'bot.similar', message: '', score: 0.3 })],
      request,
      testEnv(),
    );
    expect(outcome).to.deep.include({ verdict: 'allow', would: 'allow', error: null });
    expect(outcome.results[0]).to.deep.include({ outcome: 'findings', reason: 'bot.similar', score: 0.3 });
  });

  it('withhold in guide mode, with a warning', () => {
    const outcome = inspectRequest([judge(missing, { mode: 'guide' })], request, testEnv());
    expect(outcome).to.deep.include({ verdict: 'allow', would: 'block', error: null });
    expect(outcome.warnings).to.deep.equal([
      { policy: 'entry', reason: 'rbac.header_missing', would: 'block' },
    ]);
  });

  it('follow the fail mode when they throw, and never hide a block', () => {
    const broken = judge(new Error('x'), { id: 'broken' });
    expect(inspectRequest([broken], request, testEnv('block')).error?.code).to.equal('policy_error');
    expect(inspectRequest([broken], request, testEnv('allow'))).to.deep.include({
      error: null,
      degraded: true,
    });
    expect(inspectRequest([broken, judge(missing)], request, testEnv('block')).error?.code).to.equal(
      'input_blocked',
    );
  });

  it('judge answers', () => {
    const long = entryOf({
      inspectResponse: ({ bytes }) =>
        bytes > 1 ? { action: 'block', reason: 'size.long', message: '' } : null,
    });
    expect(inspectResponse([long], response, testEnv()).error?.code).to.equal('output_blocked');
    expect(inspectResponse([long], { ...response, bytes: 1 }, testEnv()).error).to.equal(null);
  });
});
