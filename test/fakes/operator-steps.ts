import { fileURLToPath } from 'node:url';
import { loadKindContracts } from '../../gateway/contract/kinds.ts';
import type { Revision } from '../../operator/controllers/archive.ts';
import { reconcileGateway } from '../../operator/controllers/gateway.ts';
import { gatewayKeys, statusKeys } from '../../operator/controllers/mapping.ts';
import { Outcomes } from '../../operator/controllers/outcomes.ts';
import { reconcileStatus } from '../../operator/controllers/status.ts';
import { createInstanceReports } from '../../operator/domain/instance-reports.ts';
import { createLinter } from '../../operator/domain/lint.ts';
import { KINDS } from '../../operator/domain/snapshot.ts';
import { admissionOf } from '../../operator/local/admission.ts';
import { readCrds } from '../../operator/local/crds.ts';
import { parseManifestFile } from '../../operator/local/manifest-file.ts';
import { ObjectStore } from '../../operator/local/object-store.ts';
import { createValidator, type Validator } from '../../operator/local/validate.ts';
import { TerminalError } from '../../operator/runtime/controller.ts';
import { silentLog } from '../../operator/runtime/log.ts';
import { type KubeObject, ObjectError, refKey, refOf } from '../../operator/runtime/objects.ts';
import { FakeClock } from './clock.ts';
import { instanceReport } from './instance-report.ts';

const linter = createLinter({
  kinds: await loadKindContracts(),
  loneGateway: false,
  listen: '0.0.0.0:41002',
});
let validator: Validator | undefined;
const crds = fileURLToPath(new URL('../../crds', import.meta.url));

/**
 * The controllers over a store, driven step by step: each step is the whole content of a folder, after which every
 * key that a change concerns is reconciled until none is left. Gateways take each revision at once.
 */
export class OperatorSteps {
  readonly clock = new FakeClock();
  readonly reports = createInstanceReports(() => this.clock.now());
  readonly outcomes = new Outcomes();
  readonly archived: Revision[] = [];
  readonly errors: string[] = [];
  readonly store: ObjectStore;
  readonly #due = new Set<string>();

  /** `earlier`: how many ids an earlier operator over the same folder has given. */
  constructor(dir: string, earlier = 0) {
    validator ??= createValidator(readCrds(crds));
    // Ids of an earlier life must not come again.
    let uid = earlier;
    this.store = new ObjectStore(
      { dir },
      { clock: this.clock, uid: () => `uid-${++uid}`, log: silentLog, admit: admissionOf(validator) },
    );
    const { cache } = this.store;
    cache.onChange((ref, object, previous) => {
      for (const key of gatewayKeys(cache, ref, object, previous)) this.#due.add(key);
    });
    this.store.load();
  }

  /** Makes the store hold exactly the objects of `yaml`; refused ones keep what they were. */
  async step(yaml: string): Promise<void> {
    const parsed = parseManifestFile(yaml);
    if ('problem' in parsed) throw new Error(parsed.problem.message);
    const keys = new Set<string>();
    for (const { manifest } of parsed.objects) {
      keys.add(refKey(refOf(manifest)));
      await this.store.apply(manifest).catch((error: unknown) => {
        if (!(error instanceof ObjectError)) throw error;
        this.errors.push(`${manifest.kind} ${manifest.metadata.name}: ${error.message}`);
      });
    }
    for (const object of [...Object.values(KINDS), 'Secret'].flatMap((kind) => this.store.cache.list(kind))) {
      if (!keys.has(refKey(refOf(object)))) await this.store.delete(refOf(object), object.metadata.uid);
    }
    await this.reconcile();
  }

  /** Reconciles what is due, lets every gateway take its revision, and writes every status. */
  async reconcile(): Promise<void> {
    const gateway = reconcileGateway({
      client: this.store,
      outcomes: this.outcomes,
      linter,
      image: 'keeptrusts/gateway:test',
      paused: false,
      controlPlane: { url: 'http://keeptrusts.example:8080' },
      archive: {
        keepRevision: async (revision) => void this.archived.push(revision),
        keepAccepted: async () => {},
      },
      drift: { driftCorrected: () => {} },
      clock: this.clock,
    });
    const context = { signal: new AbortController().signal, reconcileId: 'test', log: silentLog };
    while (this.#due.size > 0) {
      const [key] = this.#due as unknown as [string];
      this.#due.delete(key);
      await gateway(key, context).catch((error: unknown) => {
        if (!(error instanceof TerminalError)) throw error;
        this.errors.push(error.message);
      });
    }
    await this.#runDeployments();
    const status = reconcileStatus({
      client: this.store,
      outcomes: this.outcomes,
      reports: this.reports,
      events: { record: () => {} },
      clock: this.clock,
      address: (namespace, name) => `http://keeptrusts-${name}.${namespace}.svc:41002`,
    });
    const namespaces = new Set(this.ours().map((object) => object.metadata.namespace));
    for (const namespace of namespaces) {
      for (const key of statusKeys(this.store.cache, namespace)) await status(key, context);
    }
  }

  ours(): KubeObject[] {
    return Object.values(KINDS).flatMap((kind) => this.store.cache.list(kind));
  }

  async #runDeployments(): Promise<void> {
    for (const deployment of this.store.cache.list('Deployment')) {
      const { namespace, name } = deployment.metadata;
      const gateway = name.replace('keeptrusts-', '');
      const { replicas } = deployment.spec as { replicas: number };
      const conditions = [{ type: 'Progressing', status: 'True' }];
      const status = { replicas, readyReplicas: replicas, conditions };
      const { apiVersion, kind } = deployment;
      await this.store.applyStatus({ apiVersion, kind, metadata: { namespace, name }, status });
      const revision = this.outcomes.get(namespace, gateway)?.decision.revision ?? null;
      for (let index = 0; index < replicas; index++) {
        const reportedAt = this.clock.now();
        this.reports.put(instanceReport({ namespace, gateway, revision, reportedAt }, index));
      }
    }
  }
}
