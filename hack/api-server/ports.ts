import { createServer, type Server } from 'node:net';

/** Ports of the loopback interface that nobody listens on now. Somebody else may be quicker than we at binding them. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  // All are held before one is let go, or the same port could come twice.
  for (let index = 0; index < count; index += 1) {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
