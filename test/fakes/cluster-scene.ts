import { type Clock, systemClock } from '../../operator/runtime/clock.ts';
import { ClusterOperator, type ClusterOperatorOptions } from './cluster-operator.ts';
import { eventually } from './folder.ts';
import { type TestNamespace, useNamespace } from './namespaces.ts';
import { childOf, type Json } from './resources.ts';

export const CHILDREN = ['ConfigMap', 'Deployment', 'Service', 'ServiceAccount'];

/** A namespace of the tier's API server with controllers over it, started and stopped around the tests of a `describe`. */
export class ClusterScene {
  readonly namespace: TestNamespace;
  readonly #options: Omit<ClusterOperatorOptions, 'namespace'>;
  #operator: ClusterOperator | undefined;

  constructor(purpose: string, options: Omit<ClusterOperatorOptions, 'namespace'> = {}) {
    this.namespace = useNamespace(purpose);
    this.#options = options;
    before(() => this.restart());
    after(() => this.stop());
  }

  get operator(): ClusterOperator {
    return this.#operator!;
  }

  /** Ends the operator, and starts one that remembers nothing. */
  async restart(): Promise<void> {
    await this.stop();
    this.#operator = await ClusterOperator.start({ namespace: this.namespace.name, ...this.#options });
  }

  async stop(): Promise<void> {
    await this.#operator?.stop();
    this.#operator = undefined;
  }

  apply(...objects: Json[]): Promise<string> {
    return this.namespace.kubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items: objects });
  }

  /** Merges into an object, as a person or another controller would. */
  patch(kind: string, name: string, changes: object, ...more: string[]): Promise<string> {
    const merge = ['--type=merge', '-p', JSON.stringify(changes), ...more];
    return this.namespace.kubectl(['patch', kind, name, ...merge]);
  }

  delete(kind: string, name: string): Promise<string> {
    return this.namespace.kubectl(['delete', kind, name]);
  }

  async get(kind: string, name: string): Promise<Resource> {
    return JSON.parse(
      await this.namespace.kubectl(['get', kind, name, '-o', 'json', '--show-managed-fields']),
    );
  }

  async exists(kind: string, name: string): Promise<boolean> {
    return (await this.namespace.kubectl(['get', kind, name, '--ignore-not-found', '-o', 'name'])) !== '';
  }

  /** Waits until a gateway has all of its objects, or none. */
  children(gateway: string, wanted: 'all' | 'none'): Promise<void> {
    return eventually(
      async () => {
        const found = await Promise.all(CHILDREN.map((kind) => this.exists(kind, childOf(gateway))));
        return found.every((one) => one === (wanted === 'all'));
      },
      `${wanted} of the objects of gateway ${gateway}`,
      20_000,
    );
  }

  async condition(kind: string, name: string, type: string): Promise<Condition | undefined> {
    const { status } = await this.get(kind, name);
    return status?.conditions?.find((one) => one.type === type);
  }

  /** Does for a gateway what the Deployment controller and its instances do, until its objects are ready. */
  async run(gateway = 'default'): Promise<void> {
    await this.settled();
    const status = { replicas: 1, readyReplicas: 1, updatedReplicas: 1, availableReplicas: 1 };
    await this.patch('deployment', childOf(gateway), { status }, '--subresource=status');
    this.operator.report(this.namespace.name, gateway);
    await this.settled();
  }

  /** Waits until the operator has made no call for a while. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      const calls = this.operator.client.calls.length;
      await new Promise((resolve) => setTimeout(resolve, 50));
      quiet = this.operator.idle && this.operator.client.calls.length === calls ? quiet + 1 : 0;
    }
  }
}

const QUIET_TURNS = 10;

export interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
  observedGeneration: number;
  lastTransitionTime: string;
}

export interface Resource {
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { kind: string; name: string; uid: string }[];
    managedFields?: { manager: string; operation: string }[];
  };
  spec?: Json;
  data?: Record<string, string>;
  status?: Json & { conditions?: Condition[] };
}

/** Time passes `factor` times as fast, but for the time of day, so that waits of half a minute can be tested. */
export function hurriedClock(factor: number): Clock {
  return {
    ...systemClock,
    monotonic: () => systemClock.monotonic() * factor,
    after: (ms, run) => systemClock.after(ms / factor, run),
  };
}
