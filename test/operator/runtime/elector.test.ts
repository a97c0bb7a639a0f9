import { expect } from 'chai';
import fc from 'fast-check';
import { Elector, TIMES } from '../../../operator/runtime/elector.ts';
import {
  type LeaseClient,
  LeaseConflict,
  type LeaseRecord,
  LeaseRefused,
  type SeenLease,
} from '../../../operator/runtime/lease.ts';
import type { OtherHolder } from '../../../operator/runtime/lease-view.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';

/** A lease as an API server keeps it. */
class LeaseServer {
  lease: SeenLease | undefined;
  #version = 0;
  writes: { holder: string; at: number }[] = [];
  /** Milliseconds that an answer takes, by call. */
  delayMs = { read: 0, write: 0 };
  failure: Error | null = null;
  /** The write is done and its answer is lost. */
  losesAnswers = false;
  /** Runs between a read and the write that follows it. */
  between: (() => void) | null = null;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  put(record: LeaseRecord): SeenLease {
    this.lease = { record, version: String(++this.#version) };
    this.writes.push({ holder: record.holder, at: this.#clock.monotonic() });
    return this.lease;
  }

  /** As another client would. */
  hold(holder: string, more: Partial<LeaseRecord> = {}): void {
    const times = { acquiredAt: 0, renewedAt: this.#clock.now() };
    this.put({ holder, note: '', durationMs: TIMES.durationMs, transitions: 0, ...times, ...more });
  }

  client(): LeaseClient {
    return {
      read: async () => {
        await this.#answer('read');
        return this.lease;
      },
      create: (record) => this.#write(record, undefined),
      replace: (record, version) => this.#write(record, version),
    };
  }

  async #write(record: LeaseRecord, version: string | undefined): Promise<SeenLease> {
    this.between?.();
    this.between = null;
    if (this.failure !== null) throw this.failure;
    if (this.lease?.version !== version) throw new LeaseConflict('it was written since');
    const written = this.put(record);
    if (this.losesAnswers) throw new Error('ECONNRESET');
    await this.#answer('write');
    return written;
  }

  async #answer(call: 'read' | 'write'): Promise<void> {
    if (this.failure !== null) throw this.failure;
    const ms = this.delayMs[call];
    if (ms > 0) await new Promise<void>((resolve) => this.#clock.after(ms, resolve));
    if (this.failure !== null) throw this.failure;
  }
}

class Contender {
  readonly elector: Elector;
  held = false;
  lost: string | null = null;
  error: unknown = null;
  readonly noticed: OtherHolder[] = [];
  readonly gauge: boolean[] = [];
  readonly pauses: number[] = [];
  readonly #abort = new AbortController();

  constructor(
    identity: string,
    server: LeaseServer,
    clock: FakeClock,
    noticed: (other: OtherHolder) => void = () => {},
    irreplaceable = false,
  ) {
    this.elector = new Elector(
      { identity, note: `store of ${identity}`, irreplaceable },
      {
        lease: server.client(),
        clock,
        random: () => 0.5,
        log: silentLog,
        metrics: { leader: (held) => this.gauge.push(held), eventLoopDelay: () => {} },
        noticed: (other) => {
          this.noticed.push(other);
          noticed(other);
        },
        paused: (seconds) => this.pauses.push(seconds),
        lost: (reason) => {
          this.lost = reason;
        },
      },
    );
  }

  start(): this {
    this.elector.start(this.#abort.signal).then(
      () => (this.held = true),
      (error: unknown) => (this.error = error),
    );
    return this;
  }

  giveUpWaiting(): void {
    this.#abort.abort(new Error('stopping'));
  }
}

describe('leader election', () => {
  let clock: FakeClock;
  let server: LeaseServer;
  const contender = (identity: string): Contender => new Contender(identity, server, clock);

  beforeEach(() => {
    clock = new FakeClock();
    server = new LeaseServer(clock);
  });

  it('makes a lease that nobody has, says whose it is and renews it every 2 s', async () => {
    const a = contender('a').start();
    await settle();
    expect(a).to.include({ held: true, lost: null });
    expect(a.gauge).to.deep.equal([false, true]);
    expect(server.lease!.record).to.deep.equal({
      holder: 'a',
      note: 'store of a',
      durationMs: 15_000,
      acquiredAt: clock.now(),
      renewedAt: clock.now(),
      transitions: 0,
    });
    await clock.advance(60_000);
    expect(server.writes).to.have.length(31);
    expect(server.lease!.record).to.deep.include({
      renewedAt: clock.now(),
      acquiredAt: clock.now() - 60_000,
    });
    expect(a.elector.mayAct()).to.equal(true);
  });

  it('has one holder when two begin at once', async () => {
    const both = [contender('a').start(), contender('b').start()];
    await clock.advance(60_000);
    expect(both.filter(({ held }) => held)).to.have.length(1);
    expect(new Set(server.writes.map(({ holder }) => holder)).size).to.equal(1);
  });

  it('takes the lease of a process that died 15 s after it was seen to renew last, not before', async () => {
    server.hold('a');
    const b = contender('b').start();
    await clock.advance(3000);
    server.hold('a');
    // It looks every 2 s.
    await clock.advance(1300);
    const seenAt = clock.monotonic();
    await clock.advance(13_000);
    expect(b.held).to.equal(false);
    await clock.advance(3000);
    expect(b.held).to.equal(true);
    const taken = server.writes.find(({ holder }) => holder === 'b')!;
    expect(taken.at - seenAt).to.be.within(13_000, 15_200);
    expect(server.lease!.record.transitions).to.equal(1);
  });

  it('is handed over at once when the holder stops, and the next is its successor', async () => {
    const a = contender('a').start();
    const b = contender('b').start();
    await clock.advance(7000);
    await a.elector.stop();
    expect(server.lease!.record).to.deep.include({ holder: '', durationMs: 1000 });
    expect(a.elector.mayAct()).to.equal(false);
    expect(a.gauge.at(-1)).to.equal(false);
    await clock.advance(2300);
    expect(b.held).to.equal(true);
    expect(server.lease!.record.transitions).to.equal(1);
    expect(a.lost).to.equal(null);
  });

  it('leaves the lease of another alone when it stops', async () => {
    const a = contender('a').start();
    const b = contender('b').start();
    await clock.advance(5000);
    const stopped = b.elector.stop();
    await settle();
    await stopped;
    expect(b.error).to.be.instanceOf(Error);
    expect(server.lease!.record.holder).to.equal('a');
    await a.elector.stop();
  });

  it('leaves the lease alone when it stops and has not seen yet that another took it', async () => {
    const a = contender('a').start();
    await clock.advance(3000);
    server.hold('b');
    const taken = server.lease;
    await a.elector.stop();
    expect(server.lease).to.equal(taken);
  });

  it('does not take a lease that another was faster to write', async () => {
    server.hold('dead', { durationMs: 1000 });
    const a = contender('a').start();
    await settle();
    await clock.advance(900);
    server.between = () => server.hold('b');
    await clock.advance(5000);
    expect(a.held).to.equal(false);
    expect(server.lease!.record.holder).to.equal('b');
  });

  it('tells of the other holder, and again once it is known to live', async () => {
    server.hold('b', { note: 'its store' });
    const a = contender('a').start();
    await clock.advance(3000);
    expect(a.noticed).to.deep.equal([{ identity: 'b', note: 'its store', alive: false }]);
    server.hold('b', { note: 'its store' });
    await clock.advance(3000);
    server.hold('b', { note: 'its store' });
    await clock.advance(3000);
    expect(a.noticed.slice(1)).to.deep.equal([{ identity: 'b', note: 'its store', alive: true }]);
  });

  it('does not take what is written beside the record for a sign of life', async () => {
    server.hold('b');
    const a = contender('a').start();
    for (let i = 0; i < 8; i++) {
      await clock.advance(2000);
      if (!a.held) server.put(server.lease!.record);
    }
    expect(a.noticed.map(({ alive }) => alive)).to.deep.equal([false]);
    expect(a.held).to.equal(true);
  });

  it('ends the election with what the one that hears of the holder throws', async () => {
    server.hold('b');
    const a = new Contender('a', server, clock, ({ alive }) => {
      if (alive) throw new Error('there may be only one');
    }).start();
    await clock.advance(3000);
    expect(a.error).to.equal(null);
    server.hold('b');
    await clock.advance(3000);
    expect(a.error).to.have.property('message', 'there may be only one');
  });

  it('takes at once what stands under its own name: only the process before it can have written that', async () => {
    server.hold('a');
    const a = contender('a').start();
    await settle();
    expect(a.held).to.equal(true);
    expect(server.lease!.record.transitions).to.equal(0);
  });

  describe('with an API server in trouble', () => {
    it('is lost 10 s after the last renewal that went through, and nothing is written after', async () => {
      const a = contender('a').start();
      await clock.advance(4100);
      server.failure = new Error('ECONNREFUSED');
      await clock.advance(9800);
      expect(a).to.include({ lost: null });
      expect(a.elector.mayAct()).to.equal(true);
      await clock.advance(200);
      expect(a.lost).to.match(/^it was not renewed for 10 s$/);
      expect(a.elector.mayAct()).to.equal(false);
      server.failure = null;
      const writes = server.writes.length;
      await clock.advance(60_000);
      await a.elector.stop();
      expect(server.writes).to.have.length(writes);
    });

    it('outlives 7 s without an answer', async () => {
      const a = contender('a').start();
      await clock.advance(4100);
      server.failure = new Error('ECONNREFUSED');
      await clock.advance(7000);
      server.failure = null;
      await clock.advance(30_000);
      expect(a.lost).to.equal(null);
    });

    it('waits for an API server that is away when it begins', async () => {
      server.failure = new Error('ECONNREFUSED');
      const a = contender('a').start();
      await clock.advance(60_000);
      expect(a).to.include({ held: false, error: null });
      server.failure = null;
      await clock.advance(3000);
      expect(a.held).to.equal(true);
    });

    it('recognises its own write whose answer was lost', async () => {
      server.losesAnswers = true;
      const a = contender('a').start();
      await clock.advance(100);
      server.losesAnswers = false;
      await clock.advance(2500);
      expect(a.held).to.equal(true);
      server.losesAnswers = true;
      await clock.advance(4000);
      server.losesAnswers = false;
      await clock.advance(30_000);
      expect(a.lost).to.equal(null);
      expect(server.lease!.record.transitions).to.equal(0);
    });

    it('gives a try 4 s, so that one that hangs costs not all of the deadline', async () => {
      const a = contender('a').start();
      await clock.advance(2100);
      server.delayMs.write = 3_600_000;
      await clock.advance(4500);
      server.delayMs.write = 0;
      await clock.advance(20_000);
      expect(a.lost).to.equal(null);
    });

    it('counts a renewal from when it was sent, so that slow ones do not hold for longer', async () => {
      const a = contender('a').start();
      await clock.advance(100);
      server.delayMs.write = 3500;
      // Sent at 2 s, answered at 5.5 s.
      await clock.advance(5500);
      server.failure = new Error('ECONNREFUSED');
      await clock.advance(6300);
      expect(a.lost).to.equal(null);
      await clock.advance(200);
      expect(a.lost).to.contain('not renewed');
    });

    it('does not begin with an answer that came after the deadline, and asks again', async () => {
      server.hold('dead', { durationMs: 1000 });
      const a = contender('a').start();
      await clock.advance(900);
      server.delayMs.write = 3900;
      await clock.advance(2000);
      expect(server.lease!.record.holder).to.equal('a');
      // The answer is there before the timer of the try, and this process looks at both only now.
      clock.standStill(30_000);
      await clock.advance(10);
      expect(a).to.include({ held: false, lost: null });
      server.delayMs.write = 0;
      await clock.advance(2200);
      expect(a).to.include({ held: true, lost: null });
      expect(a.elector.mayAct()).to.equal(true);
    });

    it('is lost at once when another has it', async () => {
      const a = contender('a').start();
      await clock.advance(100);
      server.hold('b');
      await clock.advance(2100);
      expect(a.lost).to.equal('b has taken it');
      expect(server.lease!.record.holder).to.equal('b');
    });

    it('is made again when somebody deleted it', async () => {
      const a = contender('a').start();
      await clock.advance(100);
      server.lease = undefined;
      await clock.advance(2100);
      expect(server.lease).to.have.nested.property('record.holder', 'a');
      expect(a.lost).to.equal(null);
    });

    it('begins nothing where a right is missing, and says so', async () => {
      server.failure = new LeaseRefused('no right');
      const a = contender('a').start();
      await settle();
      expect(a.error).to.equal(server.failure);
    });
  });

  describe('without a successor', () => {
    const irreplaceable = (): Contender => new Contender('a', server, clock, () => {}, true).start();

    it('pauses while the lease cannot be renewed, and goes on when it is', async () => {
      const a = irreplaceable();
      await clock.advance(4100);
      server.failure = new Error('ECONNREFUSED');
      await clock.advance(9800);
      expect(a.elector.mayAct()).to.equal(true);
      await clock.advance(60_000);
      expect(a.elector.mayAct()).to.equal(false);
      expect(a).to.deep.include({ lost: null, pauses: [10], gauge: [false, true, false] });
      server.failure = null;
      await clock.advance(2200);
      expect(a.elector.mayAct()).to.equal(true);
      expect(a.gauge).to.deep.equal([false, true, false, true]);
      await clock.advance(30_000);
      expect(a.pauses).to.deep.equal([10]);
    });

    it('pauses when it stood still, and writes nothing but the lease before that is renewed', async () => {
      const a = irreplaceable();
      await clock.advance(2500);
      clock.standStill(30_000);
      expect(a.elector.mayAct()).to.equal(false);
      await clock.advance(10);
      expect(a.elector.mayAct()).to.equal(true);
      expect(a.lost).to.equal(null);
    });

    it('ends when another has taken the lease meanwhile', async () => {
      const a = irreplaceable();
      await clock.advance(4100);
      server.failure = new Error('ECONNREFUSED');
      await clock.advance(30_000);
      server.failure = null;
      server.hold('b');
      await clock.advance(2200);
      expect(a.lost).to.equal('b has taken it');
      expect(server.lease!.record.holder).to.equal('b');
    });

    it('ends when another has taken the lease meanwhile and given it back', async () => {
      const a = irreplaceable();
      await clock.advance(4100);
      server.failure = new Error('ECONNREFUSED');
      await clock.advance(30_000);
      const b = contender('b');
      server.failure = null;
      server.hold('b', { transitions: 1 });
      server.hold('', { transitions: 1 });
      await clock.advance(2200);
      expect(a.lost).to.equal('another has held it meanwhile');
      expect(a.elector.mayAct()).to.equal(false);
      b.start();
      await clock.advance(2200);
      expect(b.held).to.equal(true);
    });

    it('goes on when somebody has only cleared the holder', async () => {
      const a = irreplaceable();
      await clock.advance(4100);
      server.hold('');
      await clock.advance(2200);
      expect(a.lost).to.equal(null);
      expect(server.lease!.record.holder).to.equal('a');
    });

    it('gives the lease back when it is stopped in a pause', async () => {
      const a = irreplaceable();
      await clock.advance(2100);
      server.failure = new Error('ECONNREFUSED');
      await clock.advance(20_000);
      server.failure = null;
      await a.elector.stop();
      expect(server.lease!.record.holder).to.equal('');
      expect(clock.pending).to.equal(0);
    });
  });

  describe('with clocks that are wrong', () => {
    it('is not lost when the wall clock jumps, in either direction, and pauses until the next renewal after a jump forward', async () => {
      const a = contender('a').start();
      await clock.advance(3000);
      clock.jump(-3_600_000);
      expect(a.elector.mayAct()).to.equal(true);
      await clock.advance(20_000);
      clock.jump(7_200_000);
      // A machine that slept looks the same, and there another may have taken the lease.
      expect(a.elector.mayAct()).to.equal(false);
      await clock.advance(2000);
      expect(a.elector.mayAct()).to.equal(true);
      expect(a.lost).to.equal(null);
    });

    it('is not taken early from a holder whose clock is hours behind or ahead', async () => {
      const b = contender('b');
      for (let i = 0; i < 20; i++) {
        server.hold('a', { renewedAt: clock.now() + (i % 2 === 0 ? -7_200_000 : 7_200_000) });
        if (i === 0) b.start();
        await clock.advance(2000);
      }
      expect(b.held).to.equal(false);
    });
  });

  describe('with an event loop that stood still', () => {
    it('is lost before anything is written, though nobody has taken it', async () => {
      const a = contender('a').start();
      await clock.advance(2500);
      const writes = server.writes.length;
      clock.standStill(12_000);
      expect(a.elector.mayAct()).to.equal(false);
      await clock.advance(0);
      expect(a.lost).to.match(/^it was not renewed for 13 s: this process stood still$/);
      expect(server.writes).to.have.length(writes);
    });

    it('is kept over 6 s', async () => {
      const a = contender('a').start();
      await clock.advance(2500);
      clock.standStill(6000);
      await clock.advance(0);
      await clock.advance(10_000);
      expect(a.lost).to.equal(null);
    });
  });

  it('never has two that may act, whatever becomes of their ways to the server', async () => {
    const step = fc.record({
      ms: fc.integer({ min: 1, max: 12_000 }),
      cut: fc.integer({ min: -1, max: 2 }),
      mend: fc.integer({ min: -1, max: 2 }),
      jump: fc.integer({ min: -20_000, max: 20_000 }),
      loses: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        clock = new FakeClock();
        server = new LeaseServer(clock);
        const cut = [false, false, false];
        const all = ['a', 'b', 'c'].map((name, index) => {
          const through = server.client();
          const client = Object.fromEntries(
            Object.entries(through).map(([method, call]) => [
              method,
              (...args: never[]) =>
                cut[index] === true
                  ? Promise.reject(new Error('ETIMEDOUT'))
                  : (call as (...all: never[]) => Promise<unknown>)(...args),
            ]),
          ) as unknown as LeaseClient;
          let life = 0;
          const begin = (): Contender =>
            new Contender(
              `${name}${++life}`,
              { client: () => client } as LeaseServer,
              clock,
              () => {},
              name === 'a',
            ).start();
          return { current: begin(), begin };
        });
        for (const { ms, cut: away, mend, jump, loses } of steps) {
          if (away >= 0) cut[away] = true;
          if (mend >= 0) cut[mend] = false;
          clock.jump(jump);
          server.losesAnswers = loses;
          for (let left = ms; left > 0; left -= 500) {
            await clock.advance(Math.min(500, left));
            expect(all.filter(({ current }) => current.elector.mayAct()).length).to.be.at.most(1);
            // A process that lost it ends, and begins anew.
            for (const one of all) if (one.current.lost !== null) one.current = one.begin();
          }
        }
      }),
      { numRuns: 40 },
    );
  }).timeout(60_000);

  it('holds nothing when it is stopped while its first write is on the way', async () => {
    server.delayMs.write = 1000;
    const a = contender('a').start();
    await clock.advance(500);
    const stopped = a.elector.stop();
    await clock.advance(5000);
    await stopped;
    expect(a.held).to.equal(false);
    expect(a.elector.mayAct()).to.equal(false);
  });

  it('ends waiting with the signal', async () => {
    server.hold('b');
    const a = contender('a').start();
    await clock.advance(1000);
    a.giveUpWaiting();
    await settle();
    expect(a.error).to.have.property('message', 'stopping');
    expect(clock.pending).to.equal(0);
  });
});
