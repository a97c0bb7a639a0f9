import { type Kube, loadKube } from '../../operator/kube/config.ts';

const JSON_BODY = { 'content-type': 'application/json' };
/** Milliseconds for one answer. */
const ANSWER_MS = 10_000;

export interface Answer {
  status: number;
  body: string;
}

/** A cluster, and the pods in it by way of its API server, which is reached from anywhere. */
export class Cluster {
  readonly #kube: Kube;

  private constructor(kube: Kube) {
    this.#kube = kube;
  }

  static async open(kubeconfig: string | undefined): Promise<Cluster> {
    return new Cluster(await loadKube(kubeconfig === undefined ? {} : { kubeconfig }));
  }

  /** Whatever is answered. */
  async send(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object): Promise<Answer> {
    const headers =
      method === 'PATCH'
        ? { 'content-type': 'application/merge-patch+json' }
        : body === undefined
          ? {}
          : JSON_BODY;
    const signal = AbortSignal.timeout(ANSWER_MS);
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await this.#kube.send({ method, path, headers, signal, ...text });
    return { status: answer.statusCode, body: await answer.body.text() };
  }

  /** @throws Error with what the server says, where it refuses */
  async must(...call: Parameters<Cluster['send']>): Promise<Record<string, unknown>> {
    const { status, body } = await this.send(...call);
    if (status >= 300) throw new Error(`${call[0]} ${call[1]}: HTTP ${status} ${body.slice(0, 500)}`);
    return JSON.parse(body) as Record<string, unknown>;
  }

  close(): Promise<void> {
    return this.#kube.close();
  }
}
