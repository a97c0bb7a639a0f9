import { randomBytes } from 'node:crypto';
import { kubectl } from './kubectl.ts';

/** A namespace of one test file on the cluster that all share. */
export interface TestNamespace {
  /** Known from the start; the namespace exists once the tests run. */
  readonly name: string;
  /** `kubectl --namespace NAME ARG…` */
  kubectl(args: readonly string[], input?: string | object): Promise<string>;
}

/** Makes a namespace before the tests of the `describe` in which it is called, and deletes it after them. */
export function useNamespace(purpose: string): TestNamespace {
  const name = `kt-${purpose}-${randomBytes(4).toString('hex')}`;
  before(async () => {
    await kubectl(['create', 'namespace', name]);
  });
  after(async () => {
    // What is in it goes with it, while other tests run.
    await kubectl(['delete', 'namespace', name, '--wait=false']);
  });
  return {
    name,
    kubectl: (args, input = '') => kubectl(['--namespace', name, ...args], { input }),
  };
}
