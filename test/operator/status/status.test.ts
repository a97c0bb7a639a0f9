import { expect } from 'chai';
import { REASONS } from '../../../operator/domain/reasons.ts';
import type { Finding } from '../../../operator/domain/snapshot.ts';
import { CONDITION_TYPES } from '../../../operator/status/condition-types.ts';
import { type Condition, conditions, withReady } from '../../../operator/status/conditions.ts';
import { gatewayStatus } from '../../../operator/status/gateway.ts';
import { gatewayStates, type LiveGateway, programmed } from '../../../operator/status/gateway-state.ts';
import { policyStatus } from '../../../operator/status/policy.ts';
import { targetStatus } from '../../../operator/status/target.ts';
import { policy, target } from '../domain/builders.ts';

const revision = { number: 3, hash: 'c'.repeat(64) };
const old = { number: 2, hash: 'b'.repeat(64) };
const report = (over: object = {}) => ({
  instance: 'keeptrusts-default-0',
  ready: true,
  revision,
  rejected: null,
  targets: [],
  ...over,
});
const live = (over: Partial<LiveGateway> = {}): LiveGateway => ({
  name: 'default',
  revision,
  holding: { since: 3, hashes: [revision.hash] },
  listening: true,
  failure: null,
  deployment: { replicas: 1, ready: 1, failure: null },
  reports: [report()],
  readyPods: null,
  obstacle: null,
  behind: null,
  ...over,
});
const find = (list: Condition[] | undefined, type: string): Condition =>
  list!.find((one) => one.type === type)!;
const invalid: Finding = {
  object: { kind: 'GovernancePolicy', namespace: 'a', name: 'p' },
  reason: 'Invalid',
  message: 'spec.entries[0]: E017 pattern refused',
};

describe('Programmed', () => {
  it('is true of pods only when each that is sent traffic reported the revision itself', () => {
    const deployment = { replicas: 2, ready: 2, failure: null };
    const [first, second] = [report({ instance: 'a' }), report({ instance: 'b' })];
    const reports = [first, second];
    const both = live({ deployment, reports, readyPods: ['a', 'b'] });
    expect(programmed(both)).to.include({ status: 'True', reason: 'Programmed' });
    // As many reports as pods, but not of these pods.
    const other = live({ deployment, reports, readyPods: ['a', 'c'] });
    expect(programmed(other)).to.include({ status: 'False', reason: 'GatewayPending' });
    const behind = live({
      deployment,
      reports: [first, report({ instance: 'b', revision: old })],
      readyPods: ['a', 'b'],
    });
    expect(programmed(behind)).to.include({ status: 'False', reason: 'GatewayPending' });
    // A Deployment's count lags behind its pods.
    const late = live({ deployment: { ...deployment, ready: 0 }, reports, readyPods: ['a', 'b'] });
    expect(programmed(late)).to.include({ status: 'True' });
    expect(programmed(live({ deployment, reports, readyPods: [] }))).to.include({ status: 'False' });
  });

  it('says what keeps a pod from running while none is ready', () => {
    const pods = { deployment: { replicas: 1, ready: 0, failure: null }, reports: [], readyPods: [] };
    const why = 'pod keeptrusts-default-x: its image cannot be had';
    expect(programmed(live({ ...pods, obstacle: why }))).to.include({
      reason: 'GatewayPending',
      message: `gateway default: no instance is ready yet; ${why}`,
    });
    expect(programmed(live(pods)).message).to.equal('gateway default: no instance is ready yet');
  });

  it('says why an instance is not ready, as it tells itself, where its node knows of nothing', () => {
    const deployment = { replicas: 1, ready: 0, failure: null };
    const reports = [
      report({ instance: 'ends', ready: false }),
      report({ instance: 'x', ready: false, unready: 'it cannot record requests' }),
    ];
    const said = (obstacle: string | null): string =>
      programmed(live({ deployment, reports, readyPods: [], obstacle })).message;
    expect(said(null)).to.equal('gateway default: no instance is ready yet; x: it cannot record requests');
    expect(said('pod x: no room')).to.equal('gateway default: no instance is ready yet; pod x: no room');
  });

  it('says how many pods that are sent traffic do not report', () => {
    const deployment = { replicas: 3, ready: 3, failure: null };
    const reports = [report({ instance: 'a' })];
    const said = (readyPods: string[], listening = true): string =>
      programmed(live({ deployment, reports, readyPods, listening })).message;
    expect(said(['a', 'b'])).to.match(/1 of 2 ready instances run revision \d+; 1 of them does not report$/);
    expect(said(['a', 'b', 'c'])).to.match(/; 2 of them do not report$/);
    // A control plane that has just started has heard of nobody.
    expect(said(['a', 'b'], false)).to.match(/run revision \d+$/);
  });

  it('is true only when every ready instance reported the revision', () => {
    expect(programmed(live())).to.include({ status: 'True', reason: 'Programmed' });
    const two = { replicas: 2, ready: 2, failure: null };
    expect(programmed(live({ deployment: two }))).to.include({ status: 'False', reason: 'GatewayPending' });
    const mixed = [report(), report({ instance: 'keeptrusts-default-1', revision: old })];
    expect(programmed(live({ deployment: two, reports: mixed })).message).to.contain('1 of 2');
  });

  it('does not trust the Deployment alone, nor an instance that is not ready', () => {
    expect(programmed(live({ reports: [] })).status).to.equal('False');
    expect(programmed(live({ reports: [report({ ready: false })] })).status).to.equal('False');
    expect(programmed(live({ deployment: { replicas: 1, ready: 0, failure: null } })).status).to.equal(
      'False',
    );
  });

  it('says what an instance refused and why', () => {
    const rejected = {
      hash: revision.hash,
      problems: [{ code: 'E017', path: 'policies.chain[0]', message: 'bad pattern' }],
    };
    const condition = programmed(live({ reports: [report({ revision: old, rejected })] }));
    expect(condition).to.include({ status: 'False', reason: 'GatewayFailed' });
    expect(condition.message).to.contain('E017 policies.chain[0]: bad pattern');
  });

  it('forgets a refusal of an earlier revision', () => {
    const rejected = { hash: old.hash, problems: [] };
    expect(programmed(live({ reports: [report({ rejected })] })).status).to.equal('True');
  });

  it('says why the gateway does not run or could not be applied', () => {
    const crashed = live({
      deployment: { replicas: 1, ready: 0, failure: 'ended with exit code 1' },
      reports: [],
    });
    expect(programmed(crashed).message).to.contain('exit code 1');
    const failure = { reason: 'Conflicted', message: 'ConfigMap is not ours' } as const;
    expect(programmed(live({ failure }))).to.include({ status: 'False', reason: 'Conflicted' });
    expect(programmed(live({ revision: null, deployment: null })).status).to.equal('Unknown');
  });

  it('of an object holds while instances run any revision that has it as it stands', () => {
    const holding = { since: 2, hashes: [old.hash, revision.hash] };
    const mixed = [report(), report({ instance: 'keeptrusts-default-1', revision: old })];
    const deployment = { replicas: 2, ready: 2, failure: null };
    expect(programmed(live({ holding, deployment, reports: mixed })).status).to.equal('True');
    const newer = { since: 3, hashes: [revision.hash] };
    expect(programmed(live({ holding: newer, deployment, reports: mixed })).message).to.equal(
      'gateway default: 1 of 2 ready instances run revision 3',
    );
    expect(programmed(live({ holding: null })).status).to.equal('False');
  });

  it('of an object that runs is not touched by what another object broke', () => {
    const failure = { reason: 'ConfigTooLarge', message: 'too large' } as const;
    const before = live({ failure, reports: [report({ revision: old })] });
    const held = { since: 2, hashes: [old.hash, revision.hash] };
    expect(programmed({ ...before, holding: held }).status).to.equal('True');
    expect(programmed(before)).to.include({ status: 'False', reason: 'ConfigTooLarge' });
    const rejected = { hash: revision.hash, problems: [] };
    const refused = live({ holding: held, reports: [report({ revision: old, rejected })] });
    expect(programmed(refused).status).to.equal('True');
    expect(programmed({ ...refused, holding: live().holding })).to.include({ reason: 'GatewayFailed' });
  });

  it('is false for all while the gateway itself is broken', () => {
    for (const reason of ['Conflicted', 'ApplyFailed'] as const) {
      expect(programmed(live({ failure: { reason, message: 'why' } }))).to.include({
        status: 'False',
        reason,
      });
    }
  });

  it('is unsure where only silence speaks against it, before instances had the time to report', () => {
    const silent = live({ reports: [], listening: false });
    expect(programmed(silent)).to.include({ status: 'False', unsure: true });
    expect(programmed({ ...silent, listening: true })).to.not.have.property('unsure');
    const contradicted = { ...silent, reports: [report({ revision: old })] };
    expect(programmed(contradicted)).to.not.have.property('unsure');
    const down = { ...silent, deployment: { replicas: 1, ready: 0, failure: null } };
    expect(programmed(down)).to.not.have.property('unsure');
  });

  it('lists at most 16 gateways', () => {
    expect(
      gatewayStates(
        Array.from({ length: 20 }, () => live()),
        undefined,
        1,
      ),
    ).to.have.length(16);
  });
});

describe('conditions', () => {
  const wanted = { type: 'Ready', status: 'True', reason: 'Programmed', message: '' } as const;

  it('move their time only when the status changes', () => {
    const first = conditions([wanted], undefined, 1, 'T1');
    const second = conditions([{ ...wanted, message: 'other words' }], first, 2, 'T2');
    expect(second[0]).to.include({ lastTransitionTime: 'T1', observedGeneration: 2, message: 'other words' });
    expect(conditions([{ ...wanted, status: 'False' }], second, 2, 'T3')[0]!.lastTransitionTime).to.equal(
      'T3',
    );
  });

  it('keep messages within what Kubernetes takes', () => {
    const [condition] = conditions([{ ...wanted, message: 'x'.repeat(100_000) }], undefined, 1, 'T1');
    expect(condition!.message.length).to.be.below(32_768);
  });

  it('sum up as Ready: the first that is not true gives its reason', () => {
    const bad = { type: 'Accepted', status: 'False', reason: 'Invalid', message: 'no' } as const;
    expect(withReady([bad, { ...wanted, type: 'Programmed' }], 'fine')[0]).to.deep.equal({
      ...bad,
      type: 'Ready',
    });
    expect(withReady([{ ...wanted, type: 'Programmed' }], 'fine')[0]).to.include({
      status: 'True',
      message: 'fine',
    });
  });
});

describe('status of objects', () => {
  const base = { previous: undefined, findings: [], gateways: [live()], now: 'T1' };
  const policyInput = { ...base, policy: policy('p', {}, 4), accepted: 4, overruled: [] };

  it('of a policy in force everywhere is ready, with the revision of each gateway', () => {
    const status = policyStatus(policyInput);
    expect(find(status.conditions, 'Ready')).to.include({ status: 'True', reason: 'Programmed' });
    expect(status).to.deep.include({ observedGeneration: 4, acceptedGeneration: 4 });
    expect(status.gateways).to.deep.equal([{ name: 'default', revision: 3, programmed: 'True' }]);
  });

  it('of an invalid policy says which generation stays in force, or that none does', () => {
    const kept = policyStatus({ ...policyInput, findings: [invalid], accepted: 3 });
    expect(find(kept.conditions, 'Accepted').message).to.match(/E017.*generation 3 stays in force$/);
    expect(kept.acceptedGeneration).to.equal(3);
    const never = policyStatus({ ...policyInput, findings: [invalid], accepted: null });
    expect(find(never.conditions, 'Ready').message).to.match(/has no effect$/);
    expect(never).to.not.have.property('acceptedGeneration');
    expect(find(never.conditions, 'Programmed').status).to.equal('False');
    expect(never.gateways).to.deep.equal([]);
  });

  it('of a policy without a gateway says so', () => {
    expect(find(policyStatus({ ...policyInput, gateways: [] }).conditions, 'Ready').reason).to.equal(
      'NoGateway',
    );
  });

  it('of a policy that names gateways says which are not there', () => {
    const named = { ...policyInput, policy: policy('p', { gateways: ['default', 'edge'] }, 4) };
    const status = policyStatus(named);
    expect(find(status.conditions, 'Programmed').status).to.equal('True');
    expect(find(status.conditions, 'Ready')).to.include({
      status: 'False',
      reason: 'RefNotFound',
      message: 'spec.gateways: there is no gateway edge in namespace team-a',
    });
    const nowhere = policyStatus({ ...named, gateways: [] });
    expect(find(nowhere.conditions, 'Programmed')).to.include({
      reason: 'NoGateway',
      message: 'no gateway exists that this policy governs',
    });
  });

  it('goes on saying what it said of a generation until instances had the time to report', () => {
    const said = policyStatus(policyInput);
    const silent = live({ reports: [], listening: false });
    const input = { ...policyInput, previous: said, gateways: [silent], now: 'T2' };
    expect(policyStatus(input)).to.deep.equal(said);
    // An edit was not spoken of yet.
    const edited = { ...input, policy: policy('p', {}, 5), accepted: 5 };
    expect(find(policyStatus(edited).conditions, 'Programmed').status).to.equal('False');
    const later = { ...input, gateways: [{ ...silent, listening: true }] };
    expect(find(policyStatus(later).conditions, 'Programmed')).to.include({
      status: 'False',
      lastTransitionTime: 'T2',
    });
    // A target that could not be used is not called usable for want of reports.
    const targets = [{ id: 't', code: 'credential', unavailable: 'not there' }];
    const broken = targetStatus({
      ...base,
      target: target('t'),
      accepted: 1,
      gateways: [live({ reports: [report({ targets })] })],
    });
    expect(find(broken.conditions, 'Ready').reason).to.equal('CredentialMissing');
    const again = { ...base, previous: broken, target: target('t'), accepted: 1, gateways: [silent] };
    expect(targetStatus(again)).to.deep.equal(broken);
  });

  it('keeps the number of the revision that first had a generation, which a new process does not know', () => {
    const said = policyStatus(policyInput);
    const later = live({
      revision: { number: 9, hash: 'd'.repeat(64) },
      holding: { since: 9, hashes: [revision.hash] },
    });
    const states = (accepted: number) =>
      policyStatus({ ...policyInput, previous: said, accepted, gateways: [later] }).gateways;
    expect(states(4)).to.deep.equal([{ name: 'default', revision: 3, programmed: 'True' }]);
    expect(states(5)).to.deep.equal([{ name: 'default', revision: 9, programmed: 'True' }]);
  });

  it('has every condition of its kind from the first time on, Unknown included', () => {
    const none = live({ revision: null, holding: null, deployment: null, reports: [] });
    const types = (list: Condition[] | undefined) => list!.map(({ type }) => type);
    const first = policyStatus({ ...policyInput, gateways: [none] });
    expect(types(first.conditions)).to.deep.equal(CONDITION_TYPES.GovernancePolicy);
    expect(find(first.conditions, 'Programmed').status).to.equal('Unknown');
    const of = targetStatus({ ...base, target: target('t'), accepted: 1, gateways: [none] });
    expect(types(of.conditions)).to.deep.equal(CONDITION_TYPES.ProviderTarget);
    expect(types(status(none).conditions)).to.deep.equal(CONDITION_TYPES.GovernanceGateway);
  });

  it('of a policy that is partly overruled stays ready and says by whom', () => {
    const status = policyStatus({ ...policyInput, overruled: ['limits.max_body_bytes is 1024 by a/q'] });
    expect(find(status.conditions, 'Ready').status).to.equal('True');
    expect(find(status.conditions, 'Overridden')).to.include({
      status: 'True',
      reason: 'PartiallyOverridden',
    });
  });

  it('of a policy with a conflicting key says so without being unready', () => {
    const conflict: Finding = { ...invalid, reason: 'Conflicted', message: 'key app is another one' };
    const status = policyStatus({ ...policyInput, findings: [conflict] });
    expect(find(status.conditions, 'Ready').status).to.equal('True');
    expect(find(status.conditions, 'Overridden')).to.include({
      status: 'True',
      reason: 'Conflicted',
      message: 'key app is another one',
    });
  });

  it('of a target that nobody uses says so', () => {
    const status = targetStatus({ ...base, target: target('t'), accepted: 1, gateways: [] });
    expect(find(status.conditions, 'Ready').reason).to.equal('Unused');
  });

  it('of a target without its credential says which Secret, though the gateways run the revision', () => {
    const credentialSecretRef = { name: 'openai', key: 'api-key' };
    const targets = [
      { id: 'other', code: 'vendor', unavailable: 'no' },
      { id: 'fine', code: null, unavailable: null },
      { id: 't', code: 'credential', unavailable: 'the file openai/api-key is not there' },
    ];
    const missing = live({ reports: [report({ targets })] });
    const input = { ...base, target: target('t', { credentialSecretRef }), accepted: 1 };
    const { conditions } = targetStatus({ ...input, gateways: [live(), missing] });
    expect(find(conditions, 'Ready')).to.include({
      status: 'False',
      reason: 'CredentialMissing',
      message:
        'spec.credentialSecretRef: key api-key of Secret openai cannot be used; keeptrusts-default-0: the file openai/api-key is not there',
    });
    expect(find(conditions, 'Accepted').status).to.equal('True');
    expect(find(targetStatus({ ...input, gateways: [live()] }).conditions, 'Ready').status).to.equal('True');
    const code = (value: string) =>
      live({ reports: [report({ targets: [{ ...targets.at(-1)!, code: value }] })] });
    const reason = (value: string) =>
      find(targetStatus({ ...input, gateways: [code(value)] }).conditions, 'Ready').reason;
    expect([reason('vendor'), reason('newer')]).to.deep.equal(['VendorNotServed', 'TargetUnavailable']);
  });

  it('of an accepted object tells its warnings, and stays ready', () => {
    const warning = (message: string): Finding => ({ ...invalid, reason: 'AcceptedWithWarnings', message });
    const status = policyStatus({
      ...policyInput,
      findings: [warning('W003 a'), warning('W003 a'), warning('W012 b')],
    });
    expect(find(status.conditions, 'Accepted')).to.include({
      status: 'True',
      reason: 'AcceptedWithWarnings',
      message: 'W003 a; W012 b',
    });
    expect(find(status.conditions, 'Ready').status).to.equal('True');
  });

  const status = (gateway: LiveGateway, replicas = 2) =>
    gatewayStatus({
      gateway: {
        generation: 1,
        spec: { replicas, evidence: { spoolMaxBytes: 1, spoolMaxDays: 1 }, drainGraceSeconds: 1 },
      },
      previous: undefined,
      live: gateway,
      findings: [],
      policies: 1,
      address: 'http://x',
      now: 'T1',
    });

  it('of a gateway counts instances and gives its address', () => {
    const counted = status(live());
    expect(counted).to.include({ replicas: 1, readyReplicas: 1, revision: 3, address: 'http://x' });
    expect(find(counted.conditions, 'Available')).to.include({
      status: 'False',
      message: '1 of 2 instances are ready',
    });
    const reports = [report(), report({ instance: 'x', ready: false, unready: 'it has no room' })];
    expect(find(status(live({ reports })).conditions, 'Available').message).to.equal(
      '1 of 2 instances are ready; x: it has no room',
    );
  });

  it('of a gateway whose Deployment is stuck says so, though the earlier instances serve', () => {
    const failure = 'ReplicaSet "x" has timed out progressing.';
    const stuck = status(live({ deployment: { replicas: 2, ready: 1, failure } }), 1);
    expect(find(stuck.conditions, 'Available')).to.include({
      status: 'False',
      reason: 'RolloutFailed',
      message: failure,
    });
    expect(find(stuck.conditions, 'Programmed').status).to.equal('True');
    const down = status(live({ deployment: { replicas: 1, ready: 0, failure }, reports: [] }), 1);
    expect(find(down.conditions, 'Available')).to.include({ reason: 'Unavailable', message: failure });
  });

  it('of a gateway whose instances are not as its Deployment says is pending, and those of policies are not', () => {
    const behind = live({ behind: '0 of 1 instances are as its Deployment now says' });
    for (const type of ['Ready', 'Programmed'])
      expect(find(status(behind, 1).conditions, type)).to.include({
        status: 'False',
        reason: 'GatewayPending',
        message: 'gateway default: 0 of 1 instances are as its Deployment now says',
      });
    expect(find(status(live(), 1).conditions, 'Ready').status).to.equal('True');
    const policies = policyStatus({ ...policyInput, gateways: [behind] });
    expect(find(policies.conditions, 'Programmed').status).to.equal('True');
  });

  it('uses only reasons of the catalogue', () => {
    const all = [
      ...policyStatus({ ...policyInput, findings: [invalid], gateways: [] }).conditions!,
      ...targetStatus({ ...base, target: target('t'), accepted: 1, gateways: [] }).conditions!,
    ];
    for (const { reason } of all) expect(REASONS).to.have.property(reason);
  });
});
