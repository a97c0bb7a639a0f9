import { expect } from 'chai';
import { type NudgeInput, nextNudge, type PodHistory } from '../../../operator/controllers/nudges.ts';

const wanted = { number: 7, hash: 'sha256:new', seenAt: 0 };
type Report = NonNullable<NudgeInput['report']>;
const report = (hash: string, more: Partial<Report> = {}): Report => ({
  revision: { number: null, hash },
  rejected: null,
  targets: [],
  ...more,
});
const lacking: Report['targets'] = [{ id: 'openai', unavailable: 'no such file', code: 'credential' }];
const base: NudgeInput = {
  pod: { told: undefined },
  wanted,
  report: undefined,
  history: { seenAt: 0, lastAt: 0, series: '', repeats: 0 },
  listening: true,
  now: 0,
};
const next = (over: Partial<NudgeInput>) => nextNudge({ ...base, ...over });

/** The moments (ms) at which a pod is told, that goes on saying the same. */
function moments(start: Partial<NudgeInput>, until: number): { at: number; told: string }[] {
  const told: { at: number; told: string }[] = [];
  let history: PodHistory = base.history;
  let annotation = start.pod?.told;
  for (let now = 0; now <= until; ) {
    const nudge = next({ ...start, pod: { told: annotation }, history, now });
    if (nudge.kind === 'none' || nudge.kind === 'settled') break;
    if (nudge.kind === 'later') {
      now += nudge.afterMs;
      continue;
    }
    told.push({ at: now, told: nudge.told });
    annotation = nudge.told;
    history = nudge.history;
  }
  return told;
}

describe('nudges of a pod', () => {
  it('are none for a pod that says it has the revision, told or not: most begin with it', () => {
    for (const told of [undefined, '6', '7', '7.3', 'by a hand'])
      expect(next({ pod: { told }, report: report(wanted.hash) }), told).to.deep.equal({ kind: 'settled' });
  });

  it('are none for a pod that has seen the revision and refused it', () => {
    const rejected = { hash: wanted.hash, problems: [] };
    expect(next({ report: report('sha256:old', { rejected }) })).to.deep.equal({ kind: 'settled' });
  });

  it('come at once for a pod that says it has another, and for one that ran when the document changed', () => {
    expect(next({ pod: { told: '6' }, report: report('sha256:old') })).to.include({
      kind: 'now',
      reason: 'revision',
      told: '7',
    });
    const history = { ...base.history, seenAt: 10 };
    const changed = next({ wanted: { ...wanted, seenAt: 20 }, history, now: 20, listening: false });
    expect(changed).to.include({ kind: 'now', told: '7' });
  });

  it('wait for the first word of a pod that starts, and longer where the operator itself starts', () => {
    expect(next({})).to.deep.equal({ kind: 'later', afterMs: 3000 });
    expect(next({ now: 3000 })).to.include({ kind: 'now', reason: 'revision' });
    expect(next({ now: 3000, listening: false })).to.include({ kind: 'later' });
  });

  it('come again, ever later, with another value while the pod says that it has an older one, and then end', () => {
    const told = moments({ report: report('sha256:old') }, 600_000);
    expect(told).to.deep.equal([
      { at: 0, told: '7' },
      { at: 2000, told: '7.1' },
      { at: 6000, told: '7.2' },
      { at: 14_000, told: '7.3' },
      { at: 30_000, told: '7.4' },
      { at: 62_000, told: '7.5' },
    ]);
  });

  it('go on counting from what an earlier operator told, after a pause', () => {
    const [first] = moments({ pod: { told: '7.8' }, report: report('sha256:old') }, 60_000);
    expect(first).to.deep.equal({ at: 2000, told: '7.9' });
  });

  it('are not repeated where the pod is seen as it was before it was told', () => {
    const late = { pod: { told: '6' }, report: report('sha256:old') };
    const first = next(late);
    if (first.kind !== 'now') throw new Error(first.kind);
    expect(next({ ...late, history: first.history })).to.deep.equal({ kind: 'later', afterMs: 2000 });
    const again = next({ ...late, history: first.history, now: 2000 });
    expect(again).to.include({ kind: 'now', reason: 'again', told: '7.1' });
  });

  it('are not repeated for a pod that says nothing: it may not reach us', () => {
    expect(next({ pod: { told: '7' }, now: 1e6 })).to.deep.equal({ kind: 'none' });
  });

  it('come for ten minutes while a gateway lacks a credential, from every 2 s to every 15 s', () => {
    const told = moments({ report: report(wanted.hash, { targets: lacking }) }, 3_600_000);
    expect(told.slice(0, 4).map(({ at }) => at)).to.deep.equal([2000, 6000, 14_000, 29_000]);
    expect(told.at(-1)!.at).to.be.within(600_000, 620_000);
    expect(new Set(told.map(({ told: value }) => value)).size).to.equal(told.length);
  });

  it('come at once for a gateway whose credential a provider refuses, which may have been changed', () => {
    const targets = [{ id: 'openai', unavailable: null, code: 'credential_refused' }];
    const refused = { report: report(wanted.hash, { targets }), now: 60_000 };
    expect(next(refused)).to.include({ kind: 'now', reason: 'credential', told: '7' });
  });

  it('begin anew with another revision', () => {
    const history = { seenAt: 0, lastAt: 50_000, series: 'again 6', repeats: 5 };
    const first = next({ pod: { told: '6.5' }, report: report('sha256:old'), history, now: 50_001 });
    expect(first).to.include({ kind: 'now', told: '7' });
    const again = next({ pod: { told: '7' }, report: report('sha256:old'), history, now: 50_001 });
    expect(again).to.deep.equal({ kind: 'later', afterMs: 1999 });
  });
});
