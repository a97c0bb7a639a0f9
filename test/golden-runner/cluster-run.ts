import { setTimeout as delay } from 'node:timers/promises';
import { KINDS } from '../../operator/domain/snapshot.ts';
import { parseManifestFile } from '../../operator/local/manifest-file.ts';
import { CHILD_KINDS } from '../../operator/render/index.ts';
import { GATEWAY_LABEL, MANAGED_BY } from '../../operator/render/labels.ts';
import type { KubeObject, Manifest } from '../../operator/runtime/objects.ts';
import { verdictOf } from '../api-server/verdict.ts';
import { ClusterOperator } from '../fakes/cluster-operator.ts';
import type { KubeApi } from '../fakes/kube-api.ts';
import { type Json, listObjects, metaOf, pathOf } from './cluster-objects.ts';
import { HeldClient } from './held-client.ts';
import { type End, ITS_OWN } from './outputs.ts';
import { appliedBy } from './owned-fields.ts';
import type { Scenario, Step } from './scenario.ts';

/** Field managers of the people of a scenario, and of those who take from them. */
const SOMEBODY = 'somebody';
export const SOMEBODY_ELSE = 'somebody-else';

/** Milliseconds without a call or a change after which the operator has done what it does. */
const QUIET_MS = 250;
const SETTLE_MS = 20_000;

/** Whether controllers see the objects of a step at once, as those of a folder, or each as it comes, last ones first. */
type Order = 'together' | 'one-by-one';

/** One scenario on a real API server: people apply, controllers act, and the machines of gateways are played. */
export class ClusterRun {
  readonly #api: KubeApi;
  readonly #namespaces: readonly string[];
  readonly #order: Order;
  readonly #refused: string[] = [];
  #wanted: readonly Manifest[] = [];
  #operator: ClusterOperator | undefined;
  #held: HeldClient | undefined;

  constructor(api: KubeApi, namespaces: readonly string[], order: Order = 'together') {
    this.#api = api;
    this.#order = order;
    this.#namespaces = namespaces;
  }

  /** Applies roles and bindings. */
  async permit(rbac: string): Promise<void> {
    for (const manifest of read(rbac)) await this.#apply(manifest, SOMEBODY);
  }

  /** Starts the operator, as whom the kubeconfig says, and goes through the steps. */
  async go({ steps }: Pick<Scenario, 'steps'>, kubeconfig: string | undefined): Promise<void> {
    const [namespace, ...others] = this.#namespaces as [string, ...string[]];
    this.#operator = await ClusterOperator.start({
      namespace,
      others,
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      between: (client) => {
        this.#held = new HeldClient(client);
        return this.#held;
      },
    });
    for (const step of steps) await this.#step(step);
  }

  async stop(): Promise<void> {
    await this.#operator?.stop();
  }

  /** Resolves when what happened has been told. */
  async events(): Promise<void> {
    await this.#operator?.events();
  }

  /** What the API server holds now; of the operator's objects the fields that it has applied. */
  async end(sent: readonly Json[]): Promise<End> {
    const ours = await Promise.all(Object.values(KINDS).map((kind) => this.#list(kind)));
    return {
      ours: ours.flat() as unknown as KubeObject[],
      children: (await this.applied('keeptrusts-operator', sent)).map((child) =>
        withOwnersNamed(child, ours.flat()),
      ),
      refused: this.#refused,
    };
  }

  /** The operator's objects, as far as a field manager has applied them. */
  async applied(manager: string, sent: readonly Json[]): Promise<KubeObject[]> {
    const all = await Promise.all(CHILD_KINDS.map((kind) => this.#list(kind)));
    return all.flat().flatMap((object) => {
      const { name, namespace } = metaOf(object);
      const counterpart = sent.find(
        (one) =>
          one['kind'] === object['kind'] && metaOf(one).name === name && metaOf(one).namespace === namespace,
      );
      const found = appliedBy(manager, object, counterpart);
      return found === null ? [] : [found as unknown as KubeObject];
    });
  }

  async #step({ resources, foreign }: Step): Promise<void> {
    if (this.#order === 'together') this.#held!.hold();
    for (const manifest of read(foreign)) await this.#apply(manifest, SOMEBODY_ELSE);
    if (resources !== null) await this.#want(read(resources));
    await this.#seen();
    this.#held!.release();
    await this.#settled();
  }

  /** As a tool does that brings a cluster to what a repository holds. */
  async #want(manifests: readonly Manifest[]): Promise<void> {
    const inOrder = this.#order === 'together' ? manifests : [...manifests].reverse();
    for (const manifest of inOrder) await this.#apply(manifest, SOMEBODY);
    const key = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.namespace}/${metadata.name}`;
    const kept = new Set(manifests.map(key));
    for (const manifest of this.#wanted.filter((former) => !kept.has(key(former)))) {
      const answer = await this.#api.call('DELETE', pathOf(manifest));
      if (answer.status >= 300 && answer.status !== 404) throw new Error(String(answer.body['message']));
    }
    this.#wanted = manifests;
  }

  async #apply(manifest: Manifest, manager: string): Promise<void> {
    const query = `fieldManager=${manager}&force=true&fieldValidation=Strict`;
    const type = 'application/apply-patch+yaml';
    const verdict = verdictOf(await this.#api.call('PATCH', `${pathOf(manifest)}?${query}`, manifest, type));
    if ('accepted' in verdict) return;
    if ('unreadable' in verdict) throw new Error(verdict.unreadable);
    const errors =
      'unknown' in verdict
        ? verdict.unknown.map((field) => `${field}: unknown field "${field}"`)
        : verdict.errors.map((error) => error.replace(/^\S+ /, ''));
    this.#refused.push(`${manifest.kind} ${manifest.metadata.name}: ${errors.join('; ')}`);
  }

  /** Waits until the operator's cache holds what the API server holds. */
  async #seen(): Promise<void> {
    const versions = (objects: readonly { metadata?: unknown }[]): string =>
      objects
        .map((object) => metaOf(object as Json))
        .map(({ namespace, name, resourceVersion }) => `${namespace}/${name}@${resourceVersion}`)
        .sort()
        .join();
    for (const kind of [...Object.values(KINDS), ...CHILD_KINDS]) {
      await this.#until(async () => {
        const there = (await this.#list(kind)).filter(
          (object) =>
            Object.values<string>(KINDS).includes(kind) ||
            metaOf(object).labels?.['app.kubernetes.io/managed-by'] === MANAGED_BY,
        );
        return versions(there) === versions(this.#held!.cache.list(kind) as never);
      }, `the operator did not hear of all objects of kind ${kind}`);
    }
  }

  /** Plays Deployment controller and instances until the operator has nothing more to do. */
  async #settled(): Promise<void> {
    const state = (): string => `${this.#held!.changes} ${this.#operator!.client.calls.length}`;
    let [last, since] = ['', Date.now()];
    await this.#until(async () => {
      await this.#runDeployments();
      const busy = this.#held!.inFlight > 0 || !this.#operator!.idle;
      if (busy || state() !== last) [last, since] = [state(), Date.now()];
      if (Date.now() - since < QUIET_MS) return false;
      // What was written last may still be on its way to the operator.
      await this.#seen();
      return state() === last;
    }, 'the operator did not come to rest');
  }

  async #runDeployments(): Promise<void> {
    for (const { spec, status, metadata } of this.#held!.cache.list('Deployment')) {
      const { replicas } = spec as { replicas: number };
      if ((status as { readyReplicas?: number } | undefined)?.readyReplicas !== replicas) {
        const conditions = [{ type: 'Progressing', status: 'True' }];
        const change = { status: { replicas, readyReplicas: replicas, conditions } };
        const path = `${pathOf({ apiVersion: 'apps/v1', kind: 'Deployment', metadata })}/status`;
        const answer = await this.#api.call('PATCH', path, change, 'application/merge-patch+json');
        // Deleted meanwhile.
        if (answer.status === 404) continue;
        if (answer.status >= 300) throw new Error(String(answer.body['message']));
      }
      const gateway = metadata.labels?.[GATEWAY_LABEL];
      if (gateway !== undefined) this.#operator!.report(metadata.namespace, gateway, replicas);
    }
  }

  async #list(kind: string): Promise<Json[]> {
    return (await Promise.all(this.#namespaces.map((one) => listObjects(this.#api, kind, one)))).flat();
  }

  async #until(check: () => Promise<boolean>, what: string): Promise<void> {
    for (const end = Date.now() + SETTLE_MS; !(await check()); await delay(20)) {
      if (Date.now() > end) throw new Error(`${what} within ${SETTLE_MS} ms`);
    }
  }
}

/** A file's own owner references carry made-up uids in their order of creation; here each must be its owner's. */
function withOwnersNamed(child: KubeObject, owners: readonly Json[]): KubeObject {
  const ownerReferences = child.metadata.ownerReferences?.map((owner) => {
    const found = owners.find(
      (one) =>
        one['kind'] === owner.kind &&
        metaOf(one).name === owner.name &&
        metaOf(one).namespace === child.metadata.namespace,
    );
    return { ...owner, uid: found !== undefined && metaOf(found).uid === owner.uid ? ITS_OWN : owner.uid };
  });
  return { ...child, metadata: { ...child.metadata, ...(ownerReferences && { ownerReferences }) } };
}

function read(text: string | null): Manifest[] {
  const parsed = parseManifestFile(text ?? '');
  if ('problem' in parsed) throw new Error(parsed.problem.message);
  return parsed.objects.map(({ manifest }) => manifest);
}
