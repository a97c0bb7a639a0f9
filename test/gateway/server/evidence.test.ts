import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { systemClock } from '../../../gateway/clock.ts';
import { chat } from '../../../gateway/dialects/chat/dialect.ts';
import { GatewayError } from '../../../gateway/errors.ts';
import type { BeginRecord, DecisionEvent, EventRecorder } from '../../../gateway/events/event.ts';
import { runExchange } from '../../../gateway/pipeline/exchange.ts';
import type { ExchangeDeps } from '../../../gateway/pipeline/exchange-deps.ts';
import { LARGE_BYTES } from '../../../gateway/pipeline/exchange-input.ts';
import type { Inbound, Reply } from '../../../gateway/pipeline/inbound.ts';
import { LivePlan } from '../../../gateway/pipeline/live-plan.ts';
import { Running } from '../../../gateway/pipeline/running.ts';
import { MockUpstream } from '../../../gateway/providers/mock/mock-upstream.ts';
import { Slots } from '../../../gateway/upstream/slots.ts';
import { TimerWheel } from '../../../gateway/upstream/timer-wheel.ts';
import type { Upstream } from '../../../gateway/upstream/upstream.ts';
import { ask } from '../../fakes/gateway.ts';
import { configOf, planOf } from '../../fakes/plan.ts';
import { chunk, DONE } from '../../fakes/upstream.ts';

/** Notes the order in which things happen. */
class Trace implements EventRecorder {
  readonly steps: string[] = [];
  readonly events: DecisionEvent[] = [];
  failing: 'admit' | 'begin' | 'end' | null = null;
  #unavailable(): GatewayError {
    return new GatewayError('evidence_unavailable', 'full');
  }
  admit(): void {
    if (this.failing === 'admit') throw this.#unavailable();
  }
  async begin(record: BeginRecord): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (this.failing === 'begin') throw this.#unavailable();
    this.steps.push(record.requested_model === '' ? 'begin' : 'begin with model');
  }
  async end(event: DecisionEvent): Promise<void> {
    this.events.push(event);
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (this.failing === 'end') throw this.#unavailable();
    this.steps.push('end');
  }
}

class FakeReply implements Reply {
  headSent = false;
  gone = false;
  status = 0;
  text = '';
  broken = false;
  readonly #steps: string[];
  constructor(steps: string[]) {
    this.#steps = steps;
  }
  send(status: number, _headers: readonly string[], body: Buffer | string): void {
    if (this.broken) throw new TypeError('a header that Node refuses');
    this.status = status;
    this.headSent = true;
    this.text = body.toString();
    this.#steps.push('answer');
  }
  begin(status: number): void {
    this.status = status;
    this.headSent = true;
  }
  write(chunk: Buffer): boolean {
    this.text += chunk.toString();
    return true;
  }
  end(last: Buffer | string): void {
    this.text += last.toString();
    this.#steps.push('answer');
  }
  cut(): void {
    this.#steps.push('cut');
  }
  onDrain(): void {}
  onGone(): void {}
}

describe('evidence before bytes', () => {
  let trace: Trace;
  let reply: FakeReply;
  const live = new LivePlan(planOf(configOf([{ id: 'mock', provider: 'mock' }])), {
    failMode: 'block',
    host: '127.0.0.1',
  });

  async function run(
    stream: boolean,
    failing: Trace['failing'] = null,
    more: {
      broken?: boolean;
      bodyMs?: number;
      text?: string;
      upstream?: Upstream;
      fault?: ExchangeDeps['fault'];
    } = {},
  ): Promise<void> {
    trace = new Trace();
    trace.failing = failing;
    reply = new FakeReply(trace.steps);
    reply.broken = more.broken ?? false;
    const wheel = new TimerWheel(systemClock.monotonic);
    const upstream = more.upstream ?? new MockUpstream(systemClock);
    const deps: ExchangeDeps = {
      clock: systemClock,
      wheel,
      recorder: trace,
      tokens: { user: () => null, client: () => null, keyId: () => 'k' },
      upstream: {
        send: (request, handler) => {
          trace.steps.push('dispatch');
          return upstream.send(request, handler);
        },
      },
      slots: new Slots(4, wheel),
      running: new Running(),
      isQuotaExhausted: () => false,
      finished: () => undefined,
      fault:
        more.fault ??
        ((where, thrown) => {
          throw new Error(`${where}: ${String(thrown)}`);
        }),
    };
    const inbound: Inbound = {
      dialect: {
        ...chat,
        readRequest: (body) => {
          if (body.length > LARGE_BYTES) trace.steps.push('read');
          return chat.readRequest(body);
        },
      },
      caller: new LivePlan(live.plan, { failMode: 'block', host: '127.0.0.1' }).identifier.identify(
        { authorization: undefined, apiKey: undefined, keeptrustsKey: undefined, raw: [] },
        Date.now(),
      ),
      eventId: `evt_${randomBytes(13).toString('hex')}`,
      requestId: 'r',
      receivedMs: Date.now(),
      receivedAt: performance.now(),
      clientAddress: null,
      headers: [],
      reply,
      readBody: async () => {
        if (more.bodyMs !== undefined) await new Promise((resolve) => setTimeout(resolve, more.bodyMs));
        return Buffer.from(JSON.stringify(ask(more.text ?? 'hi', { stream })));
      },
    };
    await runExchange(inbound, live, deps);
    expect(deps.slots.taken).to.equal(0);
    expect(deps.running.size).to.equal(0);
    expect(wheel.size).to.equal(0);
    wheel.stop();
  }

  for (const stream of [false, true]) {
    const form = stream ? 'a stream' : 'an answer';

    it(`${form}: begin line, dispatch, event line, last byte, in this order`, async () => {
      await run(stream);
      expect(trace.steps).to.deep.equal(['begin with model', 'dispatch', 'end', 'answer']);
      expect(reply.status).to.equal(200);
      expect(trace.events).to.have.length(1);
    });

    it(`${form}: a begin line before the body is here, and one with the model before dispatch`, async () => {
      await run(stream, null, { bodyMs: 20 });
      expect(trace.steps).to.deep.equal(['begin', 'begin with model', 'dispatch', 'end', 'answer']);
    });

    it(`${form}: a begin line before a large body is looked at, which takes a while`, async () => {
      await run(stream, null, { text: 'a'.repeat(LARGE_BYTES) });
      expect(trace.steps).to.deep.equal(['begin', 'read', 'begin with model', 'dispatch', 'end', 'answer']);
    });

    it(`${form}: refused before the body is here where the begin line cannot be written`, async () => {
      const from = performance.now();
      await run(stream, 'begin', { bodyMs: 2_000 });
      expect(performance.now() - from).to.be.below(1_000);
      expect(reply.status).to.equal(503);
    });

    it(`${form}: no dispatch where the begin line cannot be written`, async () => {
      await run(stream, 'begin');
      expect(trace.steps).to.deep.equal(['end', 'answer']);
      expect(reply.status).to.equal(503);
      expect(trace.events.map(({ error }) => error?.code)).to.deep.equal(['evidence_unavailable']);
    });

    it(`${form}: no finished answer where the event cannot be written, and no second event`, async () => {
      await run(stream, 'end');
      expect(reply.text).to.include('evidence_unavailable').and.not.include('[DONE]');
      expect(reply.status).to.equal(stream ? 200 : 503);
      expect(trace.events).to.have.length(1);
    });
  }

  it('a stream whose event cannot be written ends with the text that came last, and then the error', async () => {
    const inOnePiece = `${chunk({ content: 'All of ' })}${chunk({ content: 'the text.' }, 'stop')}${DONE}`;
    const call = { abort: () => undefined, pause: () => undefined, resume: () => undefined };
    const send: Upstream['send'] = (_request, handler) => {
      handler.onHead({
        status: 200,
        contentType: 'text/event-stream',
        contentEncoding: undefined,
        retryAfter: undefined,
        requestId: undefined,
      });
      handler.onData(Buffer.from(inOnePiece));
      handler.onEnd();
      return call;
    };
    await run(true, 'end', { upstream: { send } });
    expect(reply.text)
      .to.match(/"All of ".*"the text\.".*"evidence_unavailable"/s)
      .and.not.include('[DONE]');
  });

  it('an answer that cannot be sent is cut: one event, and nothing is thrown on', async () => {
    const faults: string[] = [];
    await run(false, null, { broken: true, fault: (where) => faults.push(where) });
    expect(trace.steps).to.deep.equal(['begin with model', 'dispatch', 'end', 'cut']);
    expect(trace.events).to.have.length(1);
    expect(faults).to.deep.equal(['exchange', 'refusal']);
  });

  it('a spool that is full refuses before the body is read', async () => {
    await run(false, 'admit');
    expect(reply.status).to.equal(503);
    expect(trace.steps).to.deep.equal(['end', 'answer']);
  });
});
