import { isRecord } from '../runtime/json.ts';
import { type CallDeps, Calls } from './calls.ts';
import type { Kube } from './config.ts';
import { KubeError } from './errors.ts';

/** Milliseconds of one try: a gateway that starts waits for the answer. */
const TRY_MS = 2500;

/** Reads namespaces one by one. */
export class NamespaceClient {
  readonly #calls: Calls;

  /** Its calls wait for none of another client. */
  constructor(kube: Pick<Kube, 'send' | 'renew'>, deps: CallDeps) {
    this.#calls = new Calls(kube, deps);
  }

  /** As it is now, from no cache of the server's; null where there is none. @throws KubeError */
  async uidOf(name: string): Promise<string | null> {
    const subject = `Namespace/${name}`;
    const path = `/api/v1/namespaces/${encodeURIComponent(name)}`;
    const call = { verb: 'get', method: 'GET', kind: 'Namespace', subject, path, idempotent: true } as const;
    try {
      const answer = await this.#calls.send(call, { timeoutMs: TRY_MS });
      const metadata = isRecord(answer) ? answer['metadata'] : undefined;
      const uid = isRecord(metadata) ? metadata['uid'] : undefined;
      if (typeof uid === 'string' && uid !== '') return uid;
    } catch (error) {
      // The server's own word; a 404 of something in between says nothing.
      if (error instanceof KubeError && error.status === 404 && error.reason === 'Ending') return null;
      throw error;
    }
    throw new KubeError(200, '', `get ${subject}: the answer cannot be used: it has no uid`);
  }
}
