import { expect } from 'chai';
import { BoundedEventRecorder, logSink } from '../../../operator/runtime/event-recorder.ts';
import type { EventSeries, EventSubject, ObjectEvent } from '../../../operator/runtime/events.ts';
import { type Log, silentLog } from '../../../operator/runtime/log.ts';
import { ObjectError } from '../../../operator/runtime/objects.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';

const HOUR = 3_600_000;
const subject = (name: string): EventSubject => ({
  apiVersion: 'governance.keeptrusts.com/v1alpha1',
  kind: 'GovernancePolicy',
  metadata: { namespace: 'team-a', name, uid: `uid-${name}`, resourceVersion: '1' },
});
const event = (reason: string, message = 'm'): ObjectEvent => ({ type: 'Warning', reason, message });

describe('event recorder', () => {
  let clock: FakeClock;
  let written: EventSeries[];
  let counts: Record<string, number>;
  let failure: Error | null;
  let hold: Promise<void> | null;
  let recorder: BoundedEventRecorder;
  let warnings: object[];
  beforeEach(() => {
    clock = new FakeClock();
    written = [];
    counts = {};
    failure = null;
    hold = null;
    warnings = [];
    const log: Log = { ...silentLog, warn: (fields) => warnings.push(fields) };
    recorder = new BoundedEventRecorder({
      clock,
      log,
      metrics: { event: (result) => (counts[result] = (counts[result] ?? 0) + 1) },
      sink: {
        async write(series) {
          await hold;
          if (failure !== null) throw failure;
          written.push(structuredClone(series));
        },
      },
    });
  });

  it('writes an event with its object', async () => {
    recorder.record(subject('p'), event('Invalid', 'what is wrong'));
    await recorder.drain();
    expect(written).to.have.length(1);
    expect(written[0]).to.deep.include({ count: 1, event: event('Invalid', 'what is wrong') });
    expect(written[0]!.subject.metadata.name).to.equal('p');
    expect(written[0]!.name).to.match(/^p\.[0-9a-f]{16}$/);
  });

  it('joins what comes again into one series that keeps its name and tells the last message', async () => {
    recorder.record(subject('p'), event('Invalid', 'first'));
    await clock.advance(60_000);
    recorder.record(subject('p'), event('Invalid', 'second'));
    await recorder.drain();
    expect(written.map(({ count }) => count)).to.deep.equal([1, 2]);
    expect(written[1]!.name).to.equal(written[0]!.name);
    expect(written[1]!.event.message).to.equal('second');
    expect(written[1]!.lastAt - written[1]!.firstAt).to.equal(60_000);
  });

  it('keeps objects, types and reasons apart', async () => {
    recorder.record(subject('p'), event('Invalid'));
    recorder.record(subject('q'), event('Invalid'));
    recorder.record(subject('p'), event('Conflicted'));
    recorder.record(subject('p'), { ...event('Invalid'), type: 'Normal' });
    await recorder.drain();
    expect(new Set(written.map(({ name }) => name)).size).to.equal(4);
  });

  it('writes once what came several times while it waited', async () => {
    let release = (): void => {};
    hold = new Promise((resolve) => (release = resolve));
    recorder.record(subject('p'), event('Other'));
    await settle();
    for (let n = 0; n < 50; n++) recorder.record(subject('q'), event('Invalid'));
    release();
    await recorder.drain();
    expect(written.map(({ event, count }) => [event.reason, count])).to.deep.equal([
      ['Other', 1],
      ['Invalid', 50],
    ]);
    // As one write of the ten that the object has, too.
    recorder.record(subject('q'), event('Invalid'));
    await recorder.drain();
    expect(counts).to.deep.equal({ written: 3 });
  });

  it('begins a new series when the last was an hour ago', async () => {
    recorder.record(subject('p'), event('Invalid'));
    await clock.advance(HOUR);
    recorder.record(subject('p'), event('Invalid'));
    await recorder.drain();
    expect(written.map(({ count }) => count)).to.deep.equal([1, 1]);
    expect(written[0]!.name).to.not.equal(written[1]!.name);
  });

  it('writes at most ten events about an object in an hour and counts the rest', async () => {
    for (let n = 0; n < 30; n++) {
      recorder.record(subject('p'), event(n % 2 === 0 ? 'Invalid' : 'Conflicted'));
      await recorder.drain();
    }
    expect(written).to.have.length(10);
    expect(counts).to.deep.equal({ written: 10, dropped: 20 });
    recorder.record(subject('q'), event('Invalid'));
    await clock.advance(HOUR);
    recorder.record(subject('p'), event('Invalid'));
    await recorder.drain();
    expect(written).to.have.length(12);
  });

  it('keeps half of that for warnings', async () => {
    const news: ObjectEvent = { type: 'Normal', reason: 'Programmed', message: 'm' };
    for (let n = 0; n < 8; n++) {
      recorder.record(subject('p'), news);
      await recorder.drain();
    }
    expect(counts).to.deep.equal({ written: 5, dropped: 3 });
    recorder.record(subject('p'), event('Invalid'));
    await recorder.drain();
    expect(written.at(-1)!.event.reason).to.equal('Invalid');
  });

  it('counts what the API refuses, and goes on', async () => {
    failure = new Error('403');
    recorder.record(subject('p'), event('Invalid'));
    recorder.record(subject('q'), event('Invalid'));
    await recorder.drain();
    expect(counts).to.deep.equal({ failed: 2 });
    expect(warnings[0]).to.include({ object: 'GovernancePolicy team-a/p', reason: 'Invalid' });
    failure = null;
    recorder.record(subject('p'), event('Invalid'));
    await recorder.drain();
    expect(written.map(({ count }) => count)).to.deep.equal([2]);
  });

  it('says nothing where the namespace ends, with which the event would go', async () => {
    failure = new ObjectError('Ending', 'because it is being terminated');
    recorder.record(subject('p'), event('Invalid'));
    await recorder.drain();
    expect(counts).to.deep.equal({ failed: 1 });
    expect(warnings).to.deep.equal([]);
  });

  it('holds no more than a thousand while nothing can be written', async () => {
    let release = (): void => {};
    hold = new Promise((resolve) => (release = resolve));
    for (let n = 0; n < 1500; n++) recorder.record(subject(`p${n}`), event('Invalid'));
    await settle();
    expect(counts['dropped']).to.equal(499);
    release();
    await recorder.drain();
    expect(written).to.have.length(1001);
  });

  it('cuts messages to what the API takes', async () => {
    recorder.record(subject('p'), event('Invalid', 'x'.repeat(5000)));
    await recorder.drain();
    expect(written[0]!.event.message).to.have.length(1024);
  });

  it('tells the log where there is no API server', async () => {
    const lines: [object, string][] = [];
    const sink = logSink({ ...silentLog, info: (fields, message) => lines.push([fields, message]) });
    await sink.write({
      name: 'n',
      subject: subject('p'),
      event: event('Invalid', 'why'),
      count: 2,
      firstAt: 0,
      lastAt: 1,
    });
    const object = 'GovernancePolicy team-a/p';
    expect(lines).to.deep.equal([[{ object, type: 'Warning', reason: 'Invalid', count: 2 }, 'why']]);
  });
});
