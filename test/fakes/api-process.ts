import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createLocalTokens, type LocalTokens } from '../../operator/api/auth.ts';
import { TestFolder } from './folder.ts';
import { freePort } from './gateway-main.ts';

const MAIN = fileURLToPath(new URL('api-main.ts', import.meta.url));

/** The control plane's API and store as a process that comes, goes and is killed, over one folder and at one port. */
export class ApiProcess {
  readonly folder = new TestFolder();
  readonly tokens: LocalTokens = createLocalTokens(this.folder.path);
  readonly port: number;
  #child: ChildProcess | null = null;

  private constructor(port: number) {
    this.port = port;
  }

  static async create(): Promise<ApiProcess> {
    return new ApiProcess(await freePort());
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [MAIN, this.folder.path, String(this.port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', (code) => reject(new Error(`the control plane ended with ${code} at its start`)));
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async get(path: string): Promise<Record<string, unknown>> {
    const answer = await fetch(this.url + path, {
      headers: { authorization: `Bearer ${this.tokens.personToken}` },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (await answer.json()) as Record<string, unknown>;
  }

  /** Makes a key as a person does. */
  async createKey(wish: object = {}): Promise<{ value: string; id: string }> {
    const { value, key } = await this.#write('POST', '/v1/keys', { namespace: 'default', ...wish });
    return { value: value as string, id: (key as { id: string }).id };
  }

  async revokeKey(id: string): Promise<void> {
    await this.#write('DELETE', `/v1/keys/${id}`);
  }

  async #write(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${this.tokens.personToken}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
    return (await answer.json()) as Record<string, unknown>;
  }

  async count(): Promise<number> {
    return (await this.get('/v1/events?count=true'))['count'] as number;
  }

  /** Every stored event, newest first. */
  async events<T>(): Promise<T[]> {
    const events: T[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await this.get(`/v1/events?limit=500${cursor === '' ? '' : `&cursor=${cursor}`}`);
      events.push(...(page['events'] as T[]));
      cursor = page['next_cursor'] as string | null;
    }
    return events;
  }

  async remove(): Promise<void> {
    await this.kill();
    this.folder.remove();
  }
}
