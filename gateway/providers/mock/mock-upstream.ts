import type { Clock } from '../../clock.ts';
import { GatewayError } from '../../errors.ts';
import type { Upstream, UpstreamCall, UpstreamHandler, UpstreamRequest } from '../../upstream/upstream.ts';
import { failureBody, streamFrames, wholeAnswer } from './answers.ts';
import { type Behaviour, behaviourOf } from './behaviour.ts';

/** Answers in this process, as bytes in the form of a provider, so that everything behind it is exercised. */
export class MockUpstream implements Upstream {
  readonly #clock: Clock;
  #serial = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    this.#serial += 1;
    const behaviour = behaviourOf(request.model, request.target.target.mock);
    return new MockCall(handler, script(request, behaviour, this.#serial, this.#clock.now()));
  }
}

interface Script {
  status: number;
  contentType: string;
  delayMs: number;
  chunks: string[];
  chunkDelayMs: number;
  cut: boolean;
}

function script(request: UpstreamRequest, behaviour: Behaviour, serial: number, nowMs: number): Script {
  const { delayMs, chunkDelayMs, status } = behaviour;
  const json = { status, contentType: 'application/json', delayMs, chunkDelayMs, cut: false };
  if (status !== 200) return { ...json, chunks: [failureBody(status)] };
  const received = request.body.toString('utf8');
  const facts = {
    serial,
    model: request.model,
    created: Math.floor(nowMs / 1000),
    text: behaviour.answer ?? received,
    requestChars: received.length,
  };
  if (!request.stream) return { ...json, chunks: [wholeAnswer(facts)] };
  return {
    ...json,
    contentType: 'text/event-stream',
    chunks: streamFrames(facts, behaviour, asksForUsage(received)),
    cut: behaviour.cutAfterChunks !== null,
  };
}

function asksForUsage(body: string): boolean {
  const request: { stream_options?: { include_usage?: unknown } | null } = JSON.parse(body);
  return request.stream_options?.include_usage === true;
}

/** Plays a script: each chunk in a turn of its own, none while paused. */
class MockCall implements UpstreamCall {
  readonly #handler: UpstreamHandler;
  readonly #script: Script;
  #next = 0;
  #paused = false;
  #waiting = false;
  #done = false;

  constructor(handler: UpstreamHandler, played: Script) {
    this.#handler = handler;
    this.#script = played;
    this.#after(played.delayMs, () => this.#head());
  }

  abort(): void {
    this.#done = true;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#waiting) this.#chunk();
  }

  #after(ms: number, run: () => void): void {
    const unlessDone = (): void => {
      if (!this.#done) run();
    };
    if (ms > 0) setTimeout(unlessDone, ms);
    else setImmediate(unlessDone);
  }

  #head(): void {
    const { status, contentType } = this.#script;
    this.#handler.onHead({
      status,
      contentType,
      contentEncoding: undefined,
      retryAfter: undefined,
      requestId: undefined,
    });
    this.#chunk();
  }

  #chunk(): void {
    if (this.#done) return;
    this.#waiting = this.#paused;
    if (this.#paused) return;
    const chunk = this.#script.chunks[this.#next++];
    if (chunk === undefined) {
      this.#done = true;
      if (this.#script.cut) {
        this.#handler.onError(new GatewayError('upstream_interrupted', 'The provider broke off its answer.'));
      } else this.#handler.onEnd();
      return;
    }
    this.#handler.onData(Buffer.from(chunk));
    this.#after(this.#script.chunkDelayMs, () => this.#chunk());
  }
}
