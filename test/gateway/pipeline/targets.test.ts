import { expect } from 'chai';
import fc from 'fast-check';
import type { CompiledEntry } from '../../../gateway/config/plan.ts';
import { filterTargets, type TargetOutcome } from '../../../gateway/pipeline/targets.ts';
import type { RequestFacts } from '../../../gateway/policies/kind.ts';
import { type EntryOptions, entryOf, testEnv } from './fixtures.ts';

const IDS = ['a', 'b', 'c'];
const request: RequestFacts = {
  namespace: 'n',
  gateway: 'g',
  dialect: 'd',
  model: 'm',
  stream: false,
  bytes: 1,
  headers: {},
};
const excluding = (
  ids: readonly string[],
  whenNone: 'block' | 'warn',
  options: EntryOptions = {},
): CompiledEntry =>
  entryOf(
    {
      filterTargets: () => ({
        excluded: new Map(ids.map((id) => [id, 'data_routing.retention_unknown'])),
        whenNone,
        log: false,
      }),
    },
    { kind: 'data-routing-policy', ...options },
  );
const choose = (entries: readonly CompiledEntry[], failMode: 'block' | 'allow' = 'block'): TargetOutcome =>
  filterTargets(
    entries,
    IDS.map((id) => ({ id, provider: 'p', data_policy: undefined })),
    request,
    testEnv(failMode),
  );
const permitted = (outcome: TargetOutcome): string[] =>
  outcome.error === null ? IDS.filter((id) => !outcome.excluded.has(id)) : [];

describe('choice of targets', () => {
  it('takes out what an entry excludes and says why', () => {
    const outcome = choose([excluding(['b'], 'block')]);
    expect(permitted(outcome)).to.deep.equal(['a', 'c']);
    expect(outcome).to.deep.include({ verdict: 'allow', error: null });
    expect(outcome.results[0]).to.deep.include({
      phase: 'route',
      outcome: 'findings',
      reason: 'data_routing.retention_unknown',
      findings: [{ type: 'data_routing.retention_unknown', field: 'b', offset: 0, length: 0 }],
    });
  });

  it('refuses where none is left', () => {
    const outcome = choose([excluding(IDS, 'block', { id: 'zdr' })]);
    expect(outcome.error).to.deep.include({ code: 'no_compliant_provider', status: 403, policy: 'zdr' });
    expect(outcome.blockedBy?.entry.id).to.equal('zdr');
  });

  it('withdraws an entry that only warns where it would leave none', () => {
    const outcome = choose([excluding(IDS, 'warn'), excluding(['a'], 'block', { id: 'other' })]);
    expect(permitted(outcome)).to.deep.equal(['b', 'c']);
    expect(outcome.results[0]).to.deep.include({ outcome: 'findings', verdict: 'allow' });
  });

  it('refuses where each entry leaves some and all together none', () => {
    const outcome = choose([
      excluding(['a', 'b'], 'warn', { id: 'one' }),
      excluding(['c'], 'warn', { id: 'two' }),
    ]);
    expect(outcome.error?.code).to.equal('no_compliant_provider');
    expect(outcome.verdict).to.equal('block');
  });

  it('withholds while it observes, and says what it would have done', () => {
    const outcome = choose([excluding(IDS, 'block', { mode: 'observe' })]);
    expect(permitted(outcome)).to.deep.equal(IDS);
    expect(outcome).to.deep.include({ verdict: 'allow', would: 'block', error: null });
  });

  it('follows the fail mode when a filter throws', () => {
    const broken = entryOf({
      filterTargets: () => {
        throw new Error('x');
      },
    });
    expect(choose([broken], 'block').error?.code).to.equal('policy_error');
    expect(choose([broken], 'allow')).to.deep.include({ error: null, degraded: true });
  });

  const filter = fc
    .record({
      ids: fc.subarray(IDS),
      whenNone: fc.constantFrom('block' as const, 'warn' as const),
      mode: fc.constantFrom('enforce' as const, 'enforce' as const, 'observe' as const),
    })
    .map(({ ids, whenNone, mode }) => excluding(ids, whenNone, { mode }));

  it('never permits more with a further entry', () => {
    fc.assert(
      fc.property(fc.array(filter, { maxLength: 4 }), filter, (entries, further) => {
        const before = permitted(choose(entries));
        for (const id of permitted(choose([further, ...entries]))) expect(before).to.include(id);
      }),
    );
  });

  it('does not depend on the order of entries', () => {
    fc.assert(
      fc.property(fc.array(filter, { maxLength: 4 }), (entries) => {
        const [one, other] = [choose(entries), choose(entries.toReversed())];
        expect(permitted(other)).to.deep.equal(permitted(one));
        expect(other.error?.code).to.equal(one.error?.code);
      }),
    );
  });
});
