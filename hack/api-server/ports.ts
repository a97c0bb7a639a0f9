import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/**
 * Below the range from which Linux (32768 up) and macOS (49152 up) take the ports of outgoing connections. Within it a
 * client that dials a server which is down for a while takes the server's port, sooner or later, and even connects to itself.
 */
const RANGE = { from: 20_000, below: 32_768 };
const ATTEMPTS = 100;

/**
 * Ports of the loopback interface that nobody listens on now. Somebody else may be quicker than we at binding them.
 *
 * @throws Error when so many were tried that something else is wrong.
 */
export async function freePorts(count: number): Promise<number[]> {
  // All are held before one is let go, or the same port could come twice.
  const held = new Map<number, Server>();
  for (let attempt = 0; held.size < count; attempt += 1) {
    if (attempt === ATTEMPTS) throw new Error(`no free port was found among ${ATTEMPTS} that were tried`);
    const port = randomInt(RANGE.from, RANGE.below);
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
      held.set(port, server);
    } catch {
      // It is taken, by another program or by us.
    }
  }
  await Promise.all([...held.values()].map((server) => once(server.close(), 'close')));
  return [...held.keys()];
}
