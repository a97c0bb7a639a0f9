import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** Takes every connection and says nothing on it. */
export class SilentServer {
  readonly #server: Server;
  readonly #open: Socket[] = [];

  private constructor() {
    this.#server = createServer((socket) => {
      socket.on('error', () => {});
      this.#open.push(socket.resume());
    });
  }

  static async start(): Promise<SilentServer> {
    const silent = new SilentServer();
    silent.#server.listen(0, '127.0.0.1');
    await once(silent.#server, 'listening');
    return silent;
  }

  /** Connections that were ever made. */
  get connections(): number {
    return this.#open.length;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
