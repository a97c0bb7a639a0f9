import type { Server } from 'node:http';

const POLL_MS = 50;

/**
 * Ends a listener without cutting answers: stops accepting, closes idle connections, waits for the others.
 * @param graceMs what is still open then is cut
 */
export async function drainServer(server: Server, graceMs: number, inFlight: () => number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const end = performance.now() + graceMs;
  while (inFlight() > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    server.closeIdleConnections();
  }
  // Answers whose last bytes are on their way get a moment more.
  if (inFlight() === 0) await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, POLL_MS))]);
  server.closeAllConnections();
  await closed;
}
