import type { Server } from 'node:http';
import { Server as NetServer } from 'node:net';

const POLL_MS = 50;
/** Who was told to end has so long (ms); nobody needs more than a few turns of the event loop. */
const END_MS = 1_000;

/**
 * Ends a listener without cutting answers: stops accepting, closes idle connections, waits for the others.
 * @param graceMs what is still open then is told to end, and cut when it does not
 * @param sending bytes of answers that are over still wait for their callers
 */
export async function drainServer(
  server: Server,
  graceMs: number,
  inFlight: () => number,
  sending: () => boolean,
  endAll: () => void,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
  // HTTP's own `close` also ends what it takes for idle: every connection whose answer is over, with the bytes that wait.
  NetServer.prototype.close.call(server);
  const closeIdle = (): void => {
    if (!sending()) server.closeIdleConnections();
  };
  closeIdle();
  const end = performance.now() + graceMs;
  while ((inFlight() > 0 || sending()) && performance.now() < end) {
    await pause();
    closeIdle();
  }
  if (inFlight() > 0) {
    endAll();
    for (let ms = 0; inFlight() > 0 && ms < END_MS; ms += POLL_MS) await pause();
  }
  // Answers whose last bytes are on their way get a moment more.
  if (inFlight() === 0) await Promise.race([closed, pause()]);
  server.close();
  server.closeAllConnections();
  await closed;
}

/** Ends a listener whose answers are short: what is under way gets a moment. */
export function closeServer(server: Server): Promise<void> {
  return drainServer(
    server,
    0,
    () => 0,
    () => false,
    () => undefined,
  );
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
