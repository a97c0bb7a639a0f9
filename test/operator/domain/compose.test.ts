import { expect } from 'chai';
import fc from 'fast-check';
import type { GovernancePolicySpec, PolicyEntry } from '../../../crds/types/governancepolicy.ts';
import type { PolicyConfig } from '../../../gateway/contract/document.ts';
import { governs } from '../../../operator/domain/attach.ts';
import { compile } from '../../../operator/domain/compile.ts';
import { entriesOf } from '../../../operator/domain/entries.ts';
import type { Policy } from '../../../operator/domain/snapshot.ts';
import { policy, snapshot, target } from './builders.ts';

const MODE_RANK = { observe: 0, guide: 1, enforce: 2 } as const;

const entry: fc.Arbitrary<PolicyEntry> = fc.record(
  {
    name: fc.constantFrom('one', 'two', 'three', 'four'),
    kind: fc.constant('AuditLogger' as never),
    auditLogger: fc.constant({}),
    mode: fc.constantFrom('Observe' as const, 'Guide' as const, 'Enforce' as const),
    failMode: fc.constantFrom('FailOpen' as const, 'FailClosed' as const),
  },
  { requiredKeys: ['name', 'kind', 'auditLogger'] as never },
) as never;

const bytes = fc.integer({ min: 1024, max: 1_000_000 });
const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 });

const spec: fc.Arbitrary<GovernancePolicySpec> = fc.record(
  {
    mode: fc.constantFrom('Observe' as const, 'Guide' as const, 'Enforce' as const),
    gateways: fc.constantFrom(['default'], ['other'], ['default', 'other']),
    entries: fc.uniqueArray(entry, { selector: ({ name }) => name, minLength: 1, maxLength: 4 }),
    identity: fc.record(
      { anonymousCallers: fc.constantFrom('Allowed' as const, 'Denied' as const) },
      { requiredKeys: ['anonymousCallers'] },
    ),
    limits: fc.record(
      {
        maxBodyBytes: bytes,
        maxResponseBytes: bytes,
        failMode: fc.constantFrom('FailOpen' as const, 'FailClosed' as const),
        onSpoolFull: fc.constantFrom('Block' as const, 'Drop' as const),
        timeouts: fc.record({ totalMs: bytes, idleMs: bytes }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    ),
    routing: fc.record(
      {
        targets: names,
        fallback: fc.record({ maxAttempts: fc.integer({ min: 0, max: 8 }) }, { requiredKeys: [] }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['mode'] },
) as never;

const policies: fc.Arbitrary<Policy[]> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('p', 'q', 'r', 's', 't'), spec), {
    selector: ([name]) => name,
    maxLength: 5,
  })
  .map((list) => list.map(([name, body]) => policy(name, body)));

const targets = ['a', 'b', 'c', 'd'].map((name) => target(name));
const configOf = (list: readonly Policy[]): PolicyConfig =>
  compile(snapshot({}), { policies: list, targets }).config;

/** What a policy requires of the document, said without the compiler. */
function expectRequired(config: PolicyConfig, required: Policy): void {
  const { limits, identity, routing } = required.spec;
  for (const wanted of entriesOf(required)) expect(config.chain).to.deep.include(wanted);
  if (limits?.maxBodyBytes !== undefined)
    expect(config.limits.max_body_bytes).to.be.at.most(limits.maxBodyBytes);
  if (limits?.maxResponseBytes !== undefined) {
    expect(config.limits.max_response_bytes).to.be.at.most(limits.maxResponseBytes);
  }
  if (limits?.failMode === 'FailClosed') expect(config.limits.fail_mode).to.equal('block');
  if (limits?.onSpoolFull === 'Block') expect(config.limits.on_spool_full).to.equal('block');
  if (limits?.timeouts?.totalMs !== undefined) {
    expect(config.limits.timeouts.total_ms).to.be.at.most(limits.timeouts.totalMs);
  }
  if (identity?.anonymousCallers === 'Denied') expect(config.identity!.anonymous).to.equal(false);
  const ids = config.providers!.targets.map(({ id }) => id);
  if (routing?.targets !== undefined) expect(routing.targets).to.include.members(ids);
  const attempts = routing?.fallback?.maxAttempts;
  if (attempts !== undefined)
    expect(config.providers!.fallback.max_fallback_attempts).to.be.at.most(attempts);
}

describe('composition of policies', () => {
  it('never weakens what a policy requires, whatever else is in the namespace', () => {
    fc.assert(
      fc.property(policies, (list) => {
        const config = configOf(list);
        for (const one of list) if (governs(one, 'default')) expectRequired(config, one);
      }),
      { numRuns: 500 },
    );
  });

  it('does not depend on the order in which objects arrive', () => {
    const shuffled = policies.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(configOf(other)).to.deep.equal(configOf(list));
      }),
      { numRuns: 300 },
    );
  });

  it('only ever grows stricter when a policy is added', () => {
    fc.assert(
      fc.property(policies, spec, (list, more) => {
        const before = configOf(list);
        const after = configOf([
          ...list,
          policy('zz', { ...more, identity: { anonymousCallers: 'Denied' } }),
        ]);
        for (const old of before.chain) expect(after.chain).to.deep.include(old);
        const ids = before.providers!.targets.map(({ id }) => id);
        expect(ids).to.include.members(after.providers!.targets.map(({ id }) => id));
        expect(Number(after.identity!.anonymous)).to.be.at.most(Number(before.identity!.anonymous));
      }),
      { numRuns: 300 },
    );
  });

  it('runs every entry with its own mode, and with its policy’s where it has none', () => {
    const [first, second] = configOf([
      policy('p', {
        mode: 'Observe',
        entries: [
          { name: 'one', kind: 'AuditLogger', auditLogger: {} },
          { name: 'two', kind: 'AuditLogger', auditLogger: {}, mode: 'Enforce' },
        ] as never,
      }),
    ]).chain;
    expect([first!.mode, second!.mode]).to.deep.equal(['observe', 'enforce']);
    expect(MODE_RANK[first!.mode]).to.be.below(MODE_RANK[second!.mode]);
    expect(second!.source).to.deep.equal({
      level: 'namespace',
      namespace: 'team-a',
      name: 'p',
      generation: 1,
      index: 1,
    });
  });

  it('puts entries of policies that name the gateway before those for the whole namespace', () => {
    const entries = [{ name: 'e', kind: 'AuditLogger', auditLogger: {} }] as never;
    const config = configOf([policy('a', { entries }), policy('b', { entries, gateways: ['default'] })]);
    expect(config.chain.map(({ id, source }) => `${id} ${source.level}`)).to.deep.equal([
      'b.e gateway',
      'a.e namespace',
    ]);
  });

  it('lets nobody in where no policy speaks of callers, and serves nothing where policies agree on no target', () => {
    const config = configOf([
      policy('p', { routing: { targets: ['a'] } }),
      policy('q', { routing: { targets: ['b'] } }),
    ]);
    expect(config.identity).to.deep.equal({ anonymous: false, keys: [] });
    expect(config.providers!.targets).to.deep.equal([]);
  });

  it('asks targets in the order of the strongest policy that lists them, else by name', () => {
    const listed = configOf([policy('p', { routing: { targets: ['c', 'a'] } })]).providers!.targets;
    expect(listed.map(({ id }) => id)).to.deep.equal(['c', 'a']);
    const all = compile(snapshot({}), { policies: [], targets: [...targets].reverse() }).config.providers!
      .targets;
    expect(all.map(({ id }) => id)).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('says which target does not exist', () => {
    const { findings } = compile(snapshot({}), {
      policies: [policy('p', { routing: { targets: ['a', 'nope'] } })],
      targets,
    });
    expect(findings).to.have.length(1);
    expect(findings[0]).to.include({ reason: 'RefNotFound' });
    expect(findings[0]!.message).to.contain('nope');
  });
});
