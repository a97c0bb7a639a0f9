import { expect } from 'chai';
import { createInstanceReports, type InstanceReport } from '../../operator/domain/instance-reports.ts';
import { silentLog } from '../../operator/runtime/log.ts';
import { SharedReports } from '../../operator/shared-reports.ts';
import { FakeClock, settle } from '../fakes/clock.ts';

/** What the stores do with reports, in memory. */
class ReportStore {
  readonly kept = new Map<string, InstanceReport>();
  puts = 0;
  failure: Error | null = null;
  gate: Promise<void> | null = null;

  async putInstanceReport(report: InstanceReport): Promise<void> {
    this.puts++;
    if (this.gate !== null) await this.gate;
    if (this.failure !== null) throw this.failure;
    this.kept.set(`${report.namespace}/${report.gateway}/${report.instance}`, report);
  }

  async listInstanceReports(sinceMs: number): Promise<InstanceReport[]> {
    if (this.failure !== null) throw this.failure;
    return [...this.kept.values()].filter(({ reportedAt }) => reportedAt > sinceMs);
  }

  async forgetInstances(namespace: string, gateway: string): Promise<void> {
    for (const key of this.kept.keys()) if (key.startsWith(`${namespace}/${gateway}/`)) this.kept.delete(key);
  }
}

describe('instance reports among control planes', () => {
  let clock: FakeClock;
  let store: ReportStore;
  let heard: string[];

  const report = (number: number, over: Partial<InstanceReport> = {}): InstanceReport => ({
    namespace: 'team',
    gateway: 'default',
    instance: 'one',
    contract: 1,
    version: 'test',
    ready: true,
    revision: { number, hash: `sha256:${number}` },
    rejected: null,
    targets: [],
    backlog: 0,
    stream: null,
    reportedAt: clock.now(),
    ...over,
  });
  function open(): SharedReports {
    const own = createInstanceReports(() => clock.now());
    const shared = new SharedReports(own, { store, clock, log: silentLog });
    shared.start();
    return shared;
  }

  beforeEach(() => {
    clock = new FakeClock();
    store = new ReportStore();
    heard = [];
  });

  it('reach the others within a second, and are told as news once', async () => {
    const [a, b] = [open(), open()];
    b.onChange((namespace, gateway) => heard.push(`${namespace}/${gateway}`));
    a.put(report(1));
    await clock.advance(1000);
    expect(b.list()).to.deep.equal(a.list());
    await clock.advance(5000);
    expect(heard).to.deep.equal(['team/default']);
  });

  it('are never overtaken by what came another way', async () => {
    const [a, b] = [open(), open()];
    a.put(report(1));
    await settle();
    await clock.advance(100);
    b.put(report(2));
    // The store answers with the older one: the newer is still on its way.
    store.kept.set('team/default/one', report(1, { reportedAt: clock.now() - 100 }));
    await clock.advance(1000);
    expect(b.list()[0]!.revision!.number).to.equal(2);
  });

  it('are dropped for all when the gateway is removed', async () => {
    const [a, b] = [open(), open()];
    a.put(report(1));
    await clock.advance(1000);
    b.forget('team', 'default');
    await clock.advance(2000);
    expect(b.list()).to.deep.equal([]);
    expect(store.kept.size).to.equal(0);
  });

  it('wait for a slow store with the newest only, and go on when it failed', async () => {
    const a = open();
    const gate = Promise.withResolvers<void>();
    store.gate = gate.promise;
    for (let number = 1; number <= 50; number++) a.put(report(number));
    expect(store.puts).to.equal(1);
    store.gate = null;
    gate.resolve();
    await settle();
    expect(store.puts).to.equal(2);
    expect(store.kept.get('team/default/one')!.revision!.number).to.equal(50);
    store.failure = new Error('away');
    a.put(report(51));
    await clock.advance(3000);
    store.failure = null;
    a.put(report(52));
    await settle();
    expect(store.kept.get('team/default/one')!.revision!.number).to.equal(52);
  });

  it('are still heard when the clock of another runs ahead, or ours is set back', async () => {
    const [a, b] = [open(), open()];
    a.put(report(1, { instance: 'ahead', reportedAt: clock.now() + 3_600_000 }));
    await clock.advance(1000);
    clock.jump(-60_000);
    a.put(report(1, { instance: 'other' }));
    await clock.advance(1000);
    expect(b.list().map(({ instance }) => instance)).to.deep.equal(['ahead', 'other']);
  });

  it('end with the control plane', async () => {
    const a = open();
    await a.stop();
    expect(clock.pending).to.equal(0);
  });
});
