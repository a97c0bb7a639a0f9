import {
  type LeaseClient,
  LeaseConflict,
  type LeaseRecord,
  LeaseRefused,
  type SeenLease,
} from '../runtime/lease.ts';
import type { KubeObject, Manifest } from '../runtime/objects.ts';
import type { KubeClient } from './client.ts';
import { KubeError } from './errors.ts';

/** Where the note of the holder stands. */
const NOTE = 'governance.keeptrusts.com/store';

/**
 * Milliseconds for an answer: less than the elector gives a try, since only a call that ran out of time by itself has
 * dead connections given up, and the next one would take another of them.
 */
const ANSWER_MS = 2500;

interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

/** A `coordination.k8s.io/v1` Lease, written over the version that was read: of two that write, one is refused. */
export class KubeLease implements LeaseClient {
  readonly #client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  readonly #name: string;
  readonly #namespace: string;

  constructor(
    client: Pick<KubeClient, 'get' | 'create' | 'replace'>,
    place: { namespace: string; name: string },
  ) {
    this.#client = client;
    this.#name = place.name;
    this.#namespace = place.namespace;
  }

  async read(signal: AbortSignal): Promise<SeenLease | undefined> {
    const ref = { kind: 'Lease', namespace: this.#namespace, name: this.#name };
    try {
      const object = await this.#client.get(ref, { signal, timeoutMs: ANSWER_MS });
      return object === undefined ? undefined : seen(object);
    } catch (error) {
      throw this.#inWords(error);
    }
  }

  async create(record: LeaseRecord, signal: AbortSignal): Promise<SeenLease> {
    try {
      return seen(await this.#client.create(this.#manifest(record), { signal, timeoutMs: ANSWER_MS }));
    } catch (error) {
      if (statusOf(error) !== 404) throw this.#inWords(error);
      throw new LeaseRefused(
        `there is no namespace ${this.#namespace} for the lease: make it, or name another with --lease-namespace.`,
      );
    }
  }

  async replace(record: LeaseRecord, version: string, signal: AbortSignal): Promise<SeenLease> {
    const manifest = this.#manifest(record);
    const metadata = { ...manifest.metadata, resourceVersion: version } as KubeObject['metadata'];
    try {
      return seen(await this.#client.replace({ ...manifest, metadata }, { signal, timeoutMs: ANSWER_MS }));
    } catch (error) {
      // It was deleted since it was read.
      if (statusOf(error) === 404) throw new LeaseConflict((error as Error).message);
      throw this.#inWords(error);
    }
  }

  #manifest(record: LeaseRecord): Manifest {
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: this.#name,
        namespace: this.#namespace,
        annotations: { [NOTE]: record.note },
      },
      spec: {
        holderIdentity: record.holder,
        leaseDurationSeconds: Math.round(record.durationMs / 1000),
        acquireTime: microTime(record.acquiredAt),
        renewTime: microTime(record.renewedAt),
        leaseTransitions: record.transitions,
      } satisfies LeaseSpec,
    };
  }

  #inWords(error: unknown): unknown {
    const status = statusOf(error);
    const { message } = error as Error;
    if (status === 409) return new LeaseConflict(message);
    if (status !== 403) return error;
    return new LeaseRefused(
      `the lease ${this.#namespace}/${this.#name} may not be used: ${message}. ` +
        "Grant it with 'kubectl apply -k config/rbac', or name another namespace with --lease-namespace.",
    );
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof KubeError ? error.status : undefined;
}

function seen({ metadata, spec }: KubeObject): SeenLease {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = (spec ??
    {}) as LeaseSpec;
  return {
    version: metadata.resourceVersion,
    record: {
      holder: holderIdentity ?? '',
      note: metadata.annotations?.[NOTE] ?? '',
      durationMs: Number.isFinite(leaseDurationSeconds) ? leaseDurationSeconds! * 1000 : 0,
      acquiredAt: time(acquireTime),
      renewedAt: time(renewTime),
      transitions: leaseTransitions ?? 0,
    },
  };
}

/** RFC 3339 with six decimals, the only form that the API takes. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

function time(text: string | undefined): number {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? 0 : ms;
}
