import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { createKey } from '../../gateway/contract/key-format.ts';
import type { DecisionEvent } from '../../gateway/events/event.ts';
import { eventually, TestFolder } from './folder.ts';
import { freePortPair, GatewayProcess } from './gateway-main.ts';

/** An event as it was recorded. */
export type RecordedEvent = DecisionEvent & { stream: string; seq: number };

export interface LoneGatewayOptions {
  /** Flags beside the folders and ports. */
  args?: readonly string[];
  env?: Record<string, string>;
}

/** A folder with a policy config, and the gateway's own process over it: killed, started again, asked for its events. */
export class LoneGateway {
  readonly folder = new TestFolder();
  /** The key of the one caller in `identity.keys` of `documentOf`. */
  readonly key = createKey(randomBytes);
  readonly adminToken = `admin-${randomBytes(12).toString('hex')}`;
  readonly #options: LoneGatewayOptions;
  #process: GatewayProcess | null = null;
  #ports: [traffic: number, admin: number] | null = null;

  constructor(options: LoneGatewayOptions = {}) {
    this.#options = options;
    this.folder.write('admin-token', this.adminToken);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#ports?.[0]}`;
  }

  get adminUrl(): string {
    return `http://127.0.0.1:${this.#ports?.[1]}`;
  }

  get spoolDir(): string {
    return this.folder.file('state/spool');
  }

  /** Waits until something of each of these requests is on the disk. @throws after 10 s */
  async recorded(...requestIds: string[]): Promise<void> {
    await eventually(
      () => {
        const files = readdirSync(this.spoolDir).map((name) =>
          readFileSync(join(this.spoolDir, name), 'utf8'),
        );
        return requestIds.every((id) => files.some((text) => text.includes(`"request_id":"${id}"`)));
      },
      `a line of ${requestIds.join(', ')}`,
    );
  }

  /** Everything that the process of now wrote. */
  get output(): string {
    return this.#process?.output ?? '';
  }

  get pid(): number {
    return this.#process!.child.pid!;
  }

  /** Replaces the document in one step. A text is written as it is. */
  configure(document: object | string): void {
    const text = typeof document === 'string' ? document : JSON.stringify(document, null, 2);
    this.folder.write('config/next.tmp', text);
    renameSync(this.folder.file('config/next.tmp'), this.folder.file('config/policy-config.yaml'));
  }

  /** Hash of the revision in force. */
  async revision(): Promise<string> {
    const health = (await (await fetch(`${this.adminUrl}/health`)).json()) as { revision: { hash: string } };
    return health.revision.hash;
  }

  /** Replaces the document of the running process by a different good one. @throws after 10 s */
  async reconfigure(document: object | string): Promise<void> {
    const before = await this.revision();
    this.configure(document);
    for (const end = Date.now() + 10_000; (await this.revision()) === before; ) {
      if (Date.now() > end) throw new Error(`the document was not taken within 10 s\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Starts the process, on the ports of before, and waits until it is ready, or answers another status. */
  async start(status = 200): Promise<void> {
    this.#ports ??= await freePortPair();
    const [traffic, admin] = this.#ports;
    this.#process = new GatewayProcess(
      [
        ...[
          '--config',
          this.folder.file('config/policy-config.yaml'),
          '--state-dir',
          this.folder.file('state'),
        ],
        ...['--port', String(traffic), '--admin-port', String(admin)],
        ...['--admin-token-file', this.folder.file('admin-token'), '--log-level', 'warn'],
        ...(this.#options.args ?? []),
      ],
      this.#options.env,
    );
    await this.#process.answers(`${this.adminUrl}/readyz`, status);
  }

  /** Ends the process. @returns everything that it wrote */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<string> {
    await this.#process?.stop(signal);
    const { output } = this;
    this.#process = null;
    return output;
  }

  chat(body: object | string, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
    return fetch(`${this.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.key.value}`, ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(signal !== undefined && { signal }),
    });
  }

  admin(path: string): Promise<Response> {
    return fetch(this.adminUrl + path, { headers: { authorization: `Bearer ${this.adminToken}` } });
  }

  /** Every event, newest first. */
  async events(): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const answer = await this.admin(`/v1/events?limit=500${cursor === '' ? '' : `&cursor=${cursor}`}`);
      const page = (await answer.json()) as { events: RecordedEvent[]; next_cursor: string | null };
      events.push(...page.events);
      cursor = page.next_cursor;
    }
    return events;
  }

  /** Kills the process and removes the folder. */
  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    this.folder.remove();
  }
}

/** What a document says beside its targets and keys. */
export interface DocumentParts {
  chain?: readonly string[];
  policy?: object;
  providers?: object;
  control_plane?: object;
  limits?: object;
}

/** A document with one target at this address that takes every model, known keys, and a chain. */
export function documentOf(
  upstreamUrl: string,
  gateway: Pick<LoneGateway, 'key'>,
  more: DocumentParts = {},
): object {
  const { chain = [], policy = {}, ...sections } = more;
  return {
    pack: { name: 'test', version: '1.0.0', enabled: true },
    providers: {
      targets: [
        {
          id: 'fake',
          provider: 'openai',
          base_url: upstreamUrl,
          data_policy: { zero_data_retention: true, training_opt_out: true, retention_days: 0 },
        },
      ],
    },
    identity: {
      anonymous: false,
      keys: [{ id: gateway.key.id, sha256: gateway.key.sha256, team: 'red', project: 'search' }],
    },
    policies: { chain },
    policy,
    ...sections,
  };
}
