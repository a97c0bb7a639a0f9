import type { Server } from 'node:http';
import { GatewayError } from './errors.ts';
import type { Running } from './pipeline/running.ts';
import { closeServer, drainServer } from './server/drain.ts';
import type { OpenSockets } from './server/open-sockets.ts';

/** What can be closed, once. */
interface Closable {
  close(): Promise<void>;
}

/** What a gateway consists of, as far as a stop has to do with it. */
export interface ShutdownParts {
  traffic: Server;
  /** Those of `traffic`. */
  sockets: OpenSockets;
  admin: Server;
  source: Closable;
  running: Running;
  /** Refusals that were counted become events. */
  refusals: { flush(): void };
  upstream: Closable;
  /** The way to the control plane at that moment; null where there is none. */
  link(): { close(drainMs: number): Promise<void> } | null;
  keys: Closable | null;
  overload: { close(): void };
  wheel: { stop(): void };
  spool: Closable;
}

export interface ShutdownTimes {
  /** New requests are still accepted for so long (ms). */
  drainDelayMs: number;
  /** Grace of the answers that are open then (ms). */
  drainMs: number;
  /** Events are shipped for so long from then on (ms), and for `SHIP_MS` after the last answer in any case. */
  shipMs: number;
}

/** Events may still be shipped for so long after the last answer (ms). */
const SHIP_MS = 5_000;

/**
 * Stops a gateway. The order is what counts: an exchange needs the upstream, the clocks and the spool until it has settled,
 * so nothing that it needs ends before it does; its event must be in the spool before the last shipment; and what is shipped
 * is noted in the spool, which therefore ends last.
 */
export async function shutDown(
  parts: ShutdownParts,
  { drainDelayMs, drainMs, shipMs }: ShutdownTimes,
): Promise<void> {
  const { traffic, sockets, admin, running } = parts;
  if (traffic.listening) {
    // Whoever comes now is served, by the rules of now.
    await new Promise((resolve) => setTimeout(resolve, drainDelayMs));
  }
  const shipUntil = performance.now() + shipMs;
  await parts.source.close();
  if (traffic.listening) {
    await drainServer(
      traffic,
      drainMs,
      () => running.size,
      () => sockets.sending,
      () => running.abandonAll(beingStopped),
    );
  }
  parts.refusals.flush();
  await parts.upstream.close();
  await parts.link()?.close(Math.max(SHIP_MS, shipUntil - performance.now()));
  if (admin.listening) await closeServer(admin);
  await parts.keys?.close();
  parts.overload.close();
  parts.wheel.stop();
  await parts.spool.close();
}

/** The grace is over: streams end with this error, others are refused; callers may try another instance. */
function beingStopped(): GatewayError {
  return new GatewayError('not_ready', 'This gateway is being stopped. Try again.');
}
