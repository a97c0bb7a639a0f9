import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { assert, asyncProperty, constantFrom, integer } from 'fast-check';
import type { CustomResourceDefinition, StructuralSchema } from '../../crds/schema.ts';
import { createValidator } from '../../operator/local/validate.ts';
import { mutated } from '../crds/mutations.ts';
import { KubeApi } from '../fakes/kube-api.ts';
import { testCluster } from '../fakes/kubectl.ts';
import { useNamespace } from '../fakes/namespaces.ts';
import { randomRuns } from '../fakes/random-runs.ts';
import { crdWith } from '../operator/local/crd.ts';
import { before as formerly, now, updates } from '../operator/local/updates.ts';
import { difference, verdictOf } from './verdict.ts';

const group = `kt-${randomBytes(4).toString('hex')}.example.com`;
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

function definition(schema: StructuralSchema): CustomResourceDefinition {
  const crd = crdWith(schema);
  return { ...crd, metadata: { name: `things.${group}` }, spec: { ...crd.spec, group } };
}

/** An update is judged by what it changes, on a real API server as in the local validator. */
describe('updates of objects that were stored under an older schema', function () {
  this.timeout(60_000);
  const namespace = useNamespace('updates');
  const validator = createValidator([definition(now)]);
  let api: KubeApi;
  const collection = (): string => `/apis/${group}/v1/namespaces/${namespace.name}/things`;
  const thing = (name: string, spec: unknown): Record<string, unknown> => ({
    apiVersion: `${group}/v1`,
    kind: 'Thing',
    metadata: { name },
    spec,
  });

  /** A changed definition is served a moment after it was written. */
  async function served(name: string, spec: object, status: number): Promise<void> {
    for (const end = Date.now() + 20_000; ; await delay(50)) {
      const answer = await api.call('POST', `${collection()}?dryRun=All`, thing(name, spec));
      if (answer.status === status) return;
      if (Date.now() > end) throw new Error(`${answer.status} ${String(answer.body['message'])}`);
    }
  }

  before(async () => {
    api = new KubeApi(testCluster().kubeconfig);
    await api.must('POST', CRDS, definition(formerly));
    await served('probe', { a: 'bad' }, 201);
    const names = updates.map((_, index) => `u${index}`);
    await Promise.all(
      updates.map(([, stored], index) => api.must('POST', collection(), thing(names[index]!, stored))),
    );
    const change = { spec: definition(now).spec };
    await api.must('PATCH', `${CRDS}/things.${group}`, change, 'application/merge-patch+json');
    await served('probe', { a: 'bad' }, 422);
  });
  after(async () => {
    await api.must('DELETE', `${CRDS}/things.${group}`);
    api.close();
  });

  for (const [index, [name, , updated]] of updates.entries()) {
    it(name, async () => {
      const path = `${collection()}/u${index}`;
      const stored = await api.must('GET', path);
      const changed = { ...stored, spec: updated };
      const answer = await api.call('PUT', `${path}?dryRun=All&fieldValidation=Strict`, changed);
      const local = validator.validate(changed, stored);
      expect(difference(local, verdictOf(answer), 'spec')).to.equal(null);
    });
  }

  it('are judged alike when they are changed at random', async () => {
    const objects = await Promise.all(
      updates.map((_, index) => api.must('GET', `${collection()}/u${index}`)),
    );
    await assert(
      asyncProperty(constantFrom(...objects), integer(), async (stored, seed) => {
        const changed = mutated(stored, seed);
        const { name } = stored['metadata'] as { name: string };
        const path = `${collection()}/${name}?dryRun=All&fieldValidation=Strict`;
        const verdict = verdictOf(await api.call('PUT', path, changed));
        const found = difference(validator.validate(changed, stored), verdict, 'spec');
        if (found !== null) throw new Error(found);
      }),
      randomRuns(300),
    );
  });

  it('are judged as creates where nothing was stored', async () => {
    const wrong = await Promise.all(
      updates.map(async ([name, , updated], index) => {
        const object = thing(`c${index}`, updated);
        const answer = await api.call('POST', `${collection()}?dryRun=All&fieldValidation=Strict`, object);
        const found = difference(validator.validate(object), verdictOf(answer), 'spec');
        return found === null ? [] : [`${name}: ${found}`];
      }),
    );
    expect(wrong.flat().join('\n')).to.equal('');
  });
});
