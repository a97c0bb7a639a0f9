import { expect } from 'chai';
import type { Plan } from '../../gateway/config/plan.ts';
import { PlanHolder } from '../../gateway/plan-holder.ts';
import { Status } from '../../gateway/status.ts';
import { configOf, planOf } from '../fakes/plan.ts';

const spool = {
  stats: {
    stream: 's',
    nextSeq: 3,
    head: '',
    bytes: 10,
    segments: 1,
    acked: 0,
    open: 0,
    full: false,
    dropped: 0,
  },
  refusing: false,
};

describe('what a gateway says of itself', () => {
  function statusOf(plan: Plan, spoolDays?: number): { holder: PlanHolder; status: Status } {
    const holder = new PlanHolder({ failMode: 'block', host: '127.0.0.1' });
    holder.accepted(plan, '', [
      { code: 'W003', path: 'policies.chain[0].settings.retention_days', message: 'cannot be kept' },
    ]);
    const options = {
      namespace: 'a',
      name: 'default',
      instance: 'i',
      ...(spoolDays === undefined ? {} : { spool: { maxAgeDays: spoolDays } }),
    };
    const clock = { monotonic: () => 0 };
    const parts = {
      options,
      holder,
      spool,
      clock,
      draining: () => false,
      backlog: () => 0,
      requests: () => 0,
    };
    return { holder, status: new Status(parts) };
  }
  const partsOf = (holder: PlanHolder) => ({
    options: { namespace: 'a', name: 'default', instance: 'i' },
    holder,
    spool,
    clock: { monotonic: () => 0 },
    draining: () => false,
    backlog: () => 0,
    requests: () => 0,
  });
  const events = (status: Status) => (status.health() as { events: object }).events;

  it('names who keeps its events, and for how long', () => {
    const plan = planOf(configOf([]));
    expect(events(statusOf(plan).status)).to.include({ kept_by: 'spool', kept_days: 7 });
    expect(events(statusOf(plan, 30).status)).to.include({ kept_by: 'spool', kept_days: 30 });
    const shipped = { ...plan, config: { ...plan.config, control_plane: { url: 'http://127.0.0.1:1' } } };
    expect(events(statusOf(shipped).status)).to.include({ kept_by: 'control_plane', kept_days: null });
  });

  it('tells the warnings of the document in force, and no longer those of the one before', () => {
    const plan = planOf(configOf([]));
    const { holder, status } = statusOf(plan);
    expect(status.health()).to.deep.include({
      status: 'healthy',
      warnings: [
        { code: 'W003', path: 'policies.chain[0].settings.retention_days', message: 'cannot be kept' },
      ],
    });
    holder.accepted(plan, '');
    expect(status.health()).to.deep.include({ warnings: [] });
  });

  it('reports each target, with why one cannot be used', () => {
    const plan = planOf(configOf([]));
    const target = { id: 'x', provider: 'openai' };
    const { status } = statusOf({
      ...plan,
      targets: [
        { target, unavailable: null },
        { target: { ...target, id: 'y' }, unavailable: 'no key', unavailableCode: 'credential' },
      ],
    });
    expect(status.report().targets).to.deep.equal([
      { id: 'x', unavailable: null, code: null },
      { id: 'y', unavailable: 'no key', code: 'credential' },
    ]);
  });

  it('reports a target whose provider refused our credential, though it may be asked again', () => {
    const { holder } = statusOf(planOf(configOf([{ id: 'x', provider: 'openai' }])));
    const refused = (target: string) => target === 'x';
    const status = new Status({ ...partsOf(holder), refused });
    expect(status.report().targets).to.deep.equal([
      { id: 'x', unavailable: null, code: 'credential_refused' },
    ]);
  });

  it('is unready without the keys of its callers, where it takes any, and says so', () => {
    const { holder } = statusOf(planOf(configOf([])));
    let keys: { count: number; ageSeconds: number; unreadable: number } | null = null;
    const parts = partsOf(holder);
    const status = new Status({ ...parts, keys: () => keys });
    expect([status.ready, status.report().keys]).to.deep.equal([false, null]);
    expect(status.unready).to.contain('has not read the keys of its callers');
    keys = { count: 3, ageSeconds: 7.4, unreadable: 1 };
    expect([status.ready, status.unready]).to.deep.equal([true, null]);
    expect(status.report().keys).to.deep.equal({ count: 3, age_seconds: 7, unreadable: 1 });
    expect(status.health()).to.deep.include({ keys: { count: 3, age_seconds: 7, unreadable: 1 } });
    expect(new Status(parts).report()).to.not.have.property('keys');
  });

  it('is unready while every request is refused for want of room, and says so', () => {
    const { holder } = statusOf(planOf(configOf([])));
    const full = { ...spool, refusing: true };
    const status = new Status({ ...partsOf(holder), spool: full });
    expect(status.unready).to.contain('event spool has no room');
    expect(status.report()).to.include({ ready: false, unready: status.unready });
    expect(status.health()).to.include({ status: 'unhealthy' });
    full.refusing = false;
    expect(status.ready).to.equal(true);
    expect(status.report()).to.include({ ready: true, unready: null });
  });

  it('reports no reason while it is being stopped, which is none to look into', () => {
    const { holder } = statusOf(planOf(configOf([])));
    const status = new Status({ ...partsOf(holder), draining: () => true });
    expect(status.unready).to.equal('it is being stopped');
    expect(status.report()).to.include({ ready: false, unready: null });
  });
});
