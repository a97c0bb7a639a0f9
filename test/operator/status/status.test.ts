import { expect } from 'chai';
import { REASONS } from '../../../operator/domain/reasons.ts';
import type { Finding } from '../../../operator/domain/snapshot.ts';
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

  it('of a gateway counts instances and gives its address', () => {
    const spec = { replicas: 2, evidence: { spoolMaxBytes: 1, spoolMaxDays: 1 }, drainGraceSeconds: 1 };
    const status = gatewayStatus({
      gateway: { generation: 1, spec },
      previous: undefined,
      live: live(),
      findings: [],
      policies: 1,
      address: 'http://x',
      now: 'T1',
    });
    expect(status).to.include({ replicas: 1, readyReplicas: 1, revision: 3, address: 'http://x' });
    expect(find(status.conditions, 'Available')).to.include({
      status: 'False',
      message: '1 of 2 instances are ready',
    });
  });

  it('uses only reasons of the catalogue', () => {
    const all = [
      ...policyStatus({ ...policyInput, findings: [invalid], gateways: [] }).conditions!,
      ...targetStatus({ ...base, target: target('t'), accepted: 1, gateways: [] }).conditions!,
    ];
    for (const { reason } of all) expect(REASONS).to.have.property(reason);
  });
});
