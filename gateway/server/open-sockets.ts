import type { Server, Socket } from 'node:net';

/** The connections of a server, to tell which still have bytes to send. */
export class OpenSockets {
  readonly #sockets = new Set<Socket>();

  /** Before the server listens. */
  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  /** Whether bytes of an answer, which may be over for the gateway, wait for a caller who reads slowly. */
  get sending(): boolean {
    for (const { writableLength } of this.#sockets) if (writableLength > 0) return true;
    return false;
  }
}
