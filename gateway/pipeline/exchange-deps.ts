import type { Clock } from '../clock.ts';
import type { DecisionEvent, EventRecorder } from '../events/event.ts';
import type { Tokens } from '../events/tokens.ts';
import type { Slots } from '../upstream/slots.ts';
import type { TimerWheel } from '../upstream/timer-wheel.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { Running } from './running.ts';

/** What every exchange shares. */
export interface ExchangeDeps {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly recorder: EventRecorder;
  readonly tokens: Pick<Tokens, 'user' | 'client' | 'keyId'>;
  readonly upstream: Upstream;
  /** Requests that are worked on at once. */
  readonly slots: Slots;
  /** Every exchange until it has settled: what a stop waits for, and must end. */
  readonly running: Running;
  /** A vendor says that the account has nothing left. */
  isQuotaExhausted(status: number, body: string): boolean;
  /** Told of each finished exchange, for metrics. */
  finished(event: DecisionEvent): void;
  /** Something that nobody threw on purpose, and nothing of the content. */
  fault(where: string, thrown: unknown): void;
}
