import { readFileSync } from 'node:fs';
import { TestFolder } from './folder.ts';
import { KtProcess } from './kt-process.ts';

export interface KtUpOptions {
  args?: readonly string[];
  env?: Record<string, string>;
}

/** `kt up` over a folder of resources that a test writes. */
export class KtUp {
  readonly cwd = new TestFolder();
  readonly #options: KtUpOptions;
  #process: KtProcess | null = null;
  /** Of the first gateway. */
  url = '';
  apiUrl = '';

  constructor(options: KtUpOptions = {}) {
    this.#options = options;
  }

  get output(): string {
    return `${this.#process?.out ?? ''}${this.#process?.err ?? ''}`;
  }

  get stateDir(): string {
    return this.cwd.file('.keeptrusts');
  }

  write(name: string, resource: object | string): void {
    this.cwd.write(`resources/${name}`, typeof resource === 'string' ? resource : JSON.stringify(resource));
  }

  async start(): Promise<void> {
    const ports = ['--api-port', '0', '--gateway-port', '0'];
    this.#process = new KtProcess(
      ['up', '-f', this.cwd.file('resources'), ...ports, ...(this.#options.args ?? [])],
      {
        cwd: this.cwd.path,
        ...(this.#options.env !== undefined && { env: this.#options.env }),
      },
    );
    const [, url, apiUrl] = await this.#process.saw(
      /^Ready: gateway \S+ at (http\S+?); API at (http\S+?)\. /m,
    );
    this.url = url!;
    this.apiUrl = apiUrl!;
  }

  get token(): string {
    return readFileSync(`${this.stateDir}/token`, 'utf8').trim();
  }

  async api(path: string): Promise<Record<string, unknown>> {
    const answer = await fetch(this.apiUrl + path, { headers: { authorization: `Bearer ${this.token}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  }

  /** Every stored event, newest first. */
  async events<T>(): Promise<T[]> {
    const events: T[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await this.api(`/v1/events?limit=500${cursor === '' ? '' : `&cursor=${cursor}`}`);
      events.push(...(page['events'] as T[]));
      cursor = page['next_cursor'] as string | null;
    }
    return events;
  }

  /** Waits until the store holds so many events. @throws after 15 s */
  async stored(count: number): Promise<void> {
    for (const end = Date.now() + 15_000; ; ) {
      const held = (await this.api('/v1/events?count=true'))['count'] as number;
      if (held >= count) return;
      if (Date.now() > end) throw new Error(`${held} of ${count} events are stored\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Ends it, as Ctrl-C does. */
  async stop(): Promise<number | null> {
    return this.#process!.stop('SIGINT');
  }

  async remove(): Promise<void> {
    await this.#process?.stop('SIGTERM');
    this.cwd.remove();
  }
}

const GROUP = 'governance.keeptrusts.com/v1alpha1';

export function policyResource(spec: object): object {
  return { apiVersion: GROUP, kind: 'GovernancePolicy', metadata: { name: 'guard' }, spec };
}

/** A target that meets every data policy and takes every model, unless `spec` says otherwise. */
export function targetResource(baseUrl: string, spec: object = {}): object {
  return {
    apiVersion: GROUP,
    kind: 'ProviderTarget',
    metadata: { name: 'fake' },
    spec: {
      provider: 'openai',
      baseUrl,
      dataPolicy: { zeroDataRetention: true, trainingOptOut: true, retentionDays: 0 },
      ...spec,
    },
  };
}
