import { expect } from 'chai';
import type { RequestFacts, TargetFacts } from '../../../gateway/policies/kind.ts';
import { compile, lint } from './compile.ts';

const request = {} as RequestFacts;
const target = (id: string, data_policy?: TargetFacts['data_policy']): TargetFacts => ({
  id,
  provider: 'openai',
  data_policy,
});
const TARGETS = [
  target('silent'),
  target('zero', { zero_data_retention: true, training_opt_out: true }),
  target('month', { retention_days: 30, training_opt_out: true }),
  target('trains', { zero_data_retention: true, training_opt_out: false }),
  target('contradicts', { zero_data_retention: true, retention_days: 90, training_opt_out: true }),
];
const excluded = (stated: object): Record<string, string> =>
  Object.fromEntries(compile('data-routing-policy', stated).filterTargets?.(TARGETS, request).excluded ?? []);

describe('data-routing-policy', () => {
  it('excludes every target that does not declare what is required', () => {
    expect(excluded({ require_zero_data_retention: true })).to.deep.equal({
      silent: 'data_routing.zero_data_retention_not_declared',
      month: 'data_routing.zero_data_retention_not_declared',
    });
    expect(excluded({ require_no_training: true })).to.deep.equal({
      silent: 'data_routing.no_training_not_declared',
      trains: 'data_routing.no_training_not_declared',
    });
    expect(excluded({ max_retention_days: 7 })).to.deep.equal({
      silent: 'data_routing.retention_not_declared',
      month: 'data_routing.retention_too_long',
      contradicts: 'data_routing.retention_too_long',
    });
    expect(excluded({ max_retention_days: 30, require_no_training: true })).to.have.all.keys(
      'silent',
      'trains',
      'contradicts',
    );
  });

  it('blocks where none is left unless told to warn, and logs where asked', () => {
    const filter = (stated: object) => compile('data-routing-policy', stated).filterTargets?.([], request);
    expect(filter({})).to.include({ whenNone: 'block', log: false });
    expect(filter({ on_no_compliant_provider: 'warn', log_provider_selection: true })).to.include({
      whenNone: 'warn',
      log: true,
    });
  });

  it('lints a policy that requires nothing', () => {
    expect(lint('data-routing-policy', {}).map(({ code }) => code)).to.deep.equal(['W012']);
    expect(lint('data-routing-policy', { max_retention_days: 0 })).to.deep.equal([]);
  });
});
