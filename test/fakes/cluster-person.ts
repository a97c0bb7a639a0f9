import { API_VERSION } from '../../operator/domain/snapshot.ts';
import { type Kube, loadKube } from '../../operator/kube/config.ts';
import { pathOf, type Resource } from '../../operator/kube/resources.ts';
import type { Json } from './resources.ts';

const PLURALS: Readonly<Record<string, Resource>> = Object.fromEntries(
  [
    { kind: 'GovernancePolicy', apiVersion: API_VERSION, plural: 'governancepolicies' },
    { kind: 'ProviderTarget', apiVersion: API_VERSION, plural: 'providertargets' },
    { kind: 'GovernanceGateway', apiVersion: API_VERSION, plural: 'governancegateways' },
    { kind: 'Deployment', apiVersion: 'apps/v1', plural: 'deployments' },
    { kind: 'ConfigMap', apiVersion: 'v1', plural: 'configmaps' },
    { kind: 'Service', apiVersion: 'v1', plural: 'services' },
    { kind: 'ServiceAccount', apiVersion: 'v1', plural: 'serviceaccounts' },
  ].map((resource) => [resource.kind, resource]),
);

export const OUR_KINDS = ['GovernancePolicy', 'ProviderTarget', 'GovernanceGateway'] as const;
export const CHILD_KINDS = ['ConfigMap', 'Deployment', 'Service', 'ServiceAccount'] as const;

/** Somebody who works on one namespace beside the operator, with a field manager of their own; quicker than kubectl. */
export class ClusterPerson {
  readonly #kube: Kube;
  readonly namespace: string;

  private constructor(kube: Kube, namespace: string) {
    this.#kube = kube;
    this.namespace = namespace;
  }

  static async start(kubeconfig: string, namespace: string): Promise<ClusterPerson> {
    return new ClusterPerson(await loadKube({ kubeconfig }), namespace);
  }

  async list(kind: string): Promise<Json[]> {
    const { items } = await this.#send('GET', pathOf(PLURALS[kind]!, this.namespace));
    return (items as Json[]).map((item) => ({ ...item, kind }));
  }

  apply(object: Json): Promise<Json> {
    const { kind, metadata } = object as { kind: string; metadata: { name: string } };
    const path = `${pathOf(PLURALS[kind]!, this.namespace, metadata.name)}?fieldManager=person&force=true`;
    return this.#send('PATCH', path, object, 'application/apply-patch+yaml');
  }

  /** A merge patch, also of a subresource. */
  patch(kind: string, name: string, changes: object, subresource = ''): Promise<Json> {
    const path = `${pathOf(PLURALS[kind]!, this.namespace, name)}${subresource}?fieldManager=person`;
    return this.#send('PATCH', path, changes, 'application/merge-patch+json');
  }

  delete(kind: string, name: string): Promise<Json> {
    return this.#send('DELETE', pathOf(PLURALS[kind]!, this.namespace, name));
  }

  close(): Promise<void> {
    return this.#kube.close();
  }

  /** Nothing that is not there is an error: others delete too. */
  async #send(method: 'GET' | 'PATCH' | 'DELETE', path: string, body?: object, type?: string): Promise<Json> {
    const { statusCode, body: answer } = await this.#kube.send({
      ...{ method, path, signal: AbortSignal.timeout(10_000) },
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': type! } }),
    });
    const text = await answer.text();
    if (statusCode >= 300 && statusCode !== 404) throw new Error(`${method} ${path}: ${statusCode} ${text}`);
    return JSON.parse(text);
  }
}
