import type { Server } from 'node:http';

const POLL_MS = 50;
/** Who was told to end has so long (ms); nobody needs more than a few turns of the event loop. */
const END_MS = 1_000;

/**
 * Ends a listener without cutting answers: stops accepting, closes idle connections, waits for the others.
 * @param graceMs what is still open then is told to end, and cut when it does not
 */
export async function drainServer(
  server: Server,
  graceMs: number,
  inFlight: () => number,
  endAll: () => void = () => undefined,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const end = performance.now() + graceMs;
  while (inFlight() > 0 && performance.now() < end) {
    await pause();
    server.closeIdleConnections();
  }
  if (inFlight() > 0) {
    endAll();
    for (let ms = 0; inFlight() > 0 && ms < END_MS; ms += POLL_MS) await pause();
  }
  // Answers whose last bytes are on their way get a moment more.
  if (inFlight() === 0) await Promise.race([closed, pause()]);
  server.closeAllConnections();
  await closed;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
