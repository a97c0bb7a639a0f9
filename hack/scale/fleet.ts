import { randomUUID } from 'node:crypto';
import type { Kube } from '../../operator/kube/config.ts';

/** How much there is of everything. */
export interface FleetSize {
  namespaces: number;
  /** In each namespace. */
  policies: number;
  targets: number;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

interface Listed {
  metadata: { name: string; namespace: string; annotations?: Record<string, string> };
  spec?: { replicas?: number };
  status?: { readyReplicas?: number };
}

/** Where instances report to. */
export interface ReportTo {
  apiUrl: string;
  token(namespace: string, gateway: string): string;
}

const GROUP = '/apis/governance.keeptrusts.com/v1alpha1';
const OURS = 'labelSelector=app.kubernetes.io%2Fmanaged-by%3Dkeeptrusts-operator';
const REVISION = 'governance.keeptrusts.com/revision';
const HASH = 'governance.keeptrusts.com/hash';
/** Requests of ours at once. */
const AT_ONCE = 16;
/** Milliseconds between two reports of an instance, as gateways do it. */
const REPORT_MS = 5000;

/** Namespaces with policies and targets, and faked instances of their gateways. */
export class Fleet {
  readonly size: FleetSize;
  readonly #kube: Kube;
  readonly #prefix = `scale-${randomUUID().slice(0, 6)}`;
  #timer: NodeJS.Timeout | undefined;

  constructor(kube: Kube, size: FleetSize) {
    this.#kube = kube;
    this.size = size;
  }

  get namespaces(): string[] {
    return Array.from({ length: this.size.namespaces }, (_, index) => `${this.#prefix}-${index}`);
  }

  /** Objects that must become ready. */
  get objects(): number {
    return this.size.namespaces * (this.size.policies + this.size.targets);
  }

  async create(): Promise<void> {
    await inParallel(this.namespaces, async (name) => {
      await this.#send('POST', '/api/v1/namespaces', { metadata: { name } });
      for (let n = 0; n < this.size.targets; n++) await this.applyTarget(name, `target-${n}`);
      for (let n = 0; n < this.size.policies; n++) await this.applyPolicy(name, `policy-${n}`);
    });
  }

  /** An ordinary policy: three entries with settings. */
  applyPolicy(namespace: string, name: string, term = 'internal only'): Promise<unknown> {
    const detectors = { name: 'people', kind: 'PiiDetector', piiDetector: { action: 'Redact' } };
    const terms = {
      name: 'terms',
      kind: 'DlpFilter',
      dlpFilter: { action: 'Block', blockedTerms: [`Project ${name}`, term] },
    };
    const record = { name: 'record', kind: 'AuditLogger', auditLogger: {} };
    const spec = { mode: 'Enforce', entries: [detectors, terms, record] };
    return this.#apply(namespace, 'GovernancePolicy', 'governancepolicies', name, spec);
  }

  applyTarget(namespace: string, name: string, answer = 'hello'): Promise<unknown> {
    const models = [{ name: `${name}-model`, prices: { input: '0.15', output: '0.60' } }];
    const spec = { provider: 'mock', models, mock: { answer } };
    return this.#apply(namespace, 'ProviderTarget', 'providertargets', name, spec);
  }

  deletePolicy(namespace: string, name: string): Promise<unknown> {
    return this.#send('DELETE', `${GROUP}/namespaces/${namespace}/governancepolicies/${name}`);
  }

  /** Removes an object that the operator made, as a careless hand. */
  deleteService(namespace: string): Promise<unknown> {
    return this.#send('DELETE', `/api/v1/namespaces/${namespace}/services/keeptrusts-default`);
  }

  /** Every gateway of the fleet that has objects becomes ready and reports what it was given, again and again. */
  runInstances(to: ReportTo): void {
    this.stopInstances();
    const turn = async (): Promise<void> => {
      await Promise.all([this.#makeReady(), this.#report(to)]).catch(() => {});
      this.#timer = setTimeout(turn, this.#timer === undefined ? 0 : REPORT_MS / 5);
    };
    this.#timer = setTimeout(turn, 0);
  }

  stopInstances(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async remove(): Promise<void> {
    this.stopInstances();
    await inParallel(this.namespaces, (name) => this.#send('DELETE', `/api/v1/namespaces/${name}`));
  }

  async #makeReady(): Promise<void> {
    const deployments = await this.#list('/apis/apps/v1/deployments');
    const behind = deployments.filter(({ spec, status }) => status?.readyReplicas !== spec?.replicas);
    await inParallel(behind, ({ metadata: { namespace, name }, spec }) => {
      const replicas = spec?.replicas ?? 1;
      const status = { replicas, readyReplicas: replicas };
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}/status`;
      return this.#send('PATCH', path, { status }, 'application/merge-patch+json');
    });
  }

  readonly #reported = new Map<string, { hash: string; at: number }>();

  async #report({ apiUrl, token }: ReportTo): Promise<void> {
    const configMaps = await this.#list('/api/v1/configmaps');
    await inParallel(configMaps, async ({ metadata: { namespace, name, annotations } }) => {
      const hash = annotations?.[HASH] ?? '';
      const last = this.#reported.get(namespace);
      if (last?.hash === hash && performance.now() - last.at < REPORT_MS) return;
      const gateway = name.replace('keeptrusts-', '');
      const revision = { number: Number(annotations?.[REVISION]), hash };
      const said = { contract: 1, version: 'scale', ready: true, revision, targets: [], backlog: 0 };
      await fetch(`${apiUrl}/v1/gateways/${namespace}/${gateway}/instances/${name}-0`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token(namespace, gateway)}`, 'content-type': 'application/json' },
        body: JSON.stringify(said),
      });
      this.#reported.set(namespace, { hash, at: performance.now() });
    });
  }

  async #list(path: string): Promise<Listed[]> {
    const { items } = (await this.#send('GET', `${path}?${OURS}`)) as { items: Listed[] };
    return items.filter(({ metadata }) => metadata.namespace.startsWith(this.#prefix));
  }

  #apply(namespace: string, kind: string, plural: string, name: string, spec: object): Promise<unknown> {
    const object = { apiVersion: 'governance.keeptrusts.com/v1alpha1', kind, metadata: { name }, spec };
    const path = `${GROUP}/namespaces/${namespace}/${plural}/${name}?fieldManager=scale&force=true`;
    return this.#send('PATCH', path, object, 'application/apply-patch+yaml');
  }

  async #send(method: Method, path: string, body?: object, type = 'application/json'): Promise<unknown> {
    const { statusCode, body: answer } = await this.#kube.send({
      ...{ method, path, signal: AbortSignal.timeout(60_000) },
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': type } }),
    });
    const text = await answer.text();
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = [...items];
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
