import { join } from 'node:path';
import { expect } from 'chai';
import { assert, asyncProperty, constantFrom, integer } from 'fast-check';
import { readCrds } from '../../operator/local/crds.ts';
import { createValidator } from '../../operator/local/validate.ts';
import { allCases } from '../crds/all-cases.ts';
import { handWritten } from '../crds/corpus.ts';
import { mutated } from '../crds/mutations.ts';
import { KubeApi } from '../fakes/kube-api.ts';
import { testCluster } from '../fakes/kubectl.ts';
import { useNamespace } from '../fakes/namespaces.ts';
import { randomRuns } from '../fakes/random-runs.ts';
import { difference, type Verdict, verdictOf } from './verdict.ts';

type Json = Record<string, unknown>;

const crds = readCrds(join(import.meta.dirname, '../../crds'));
const validator = createValidator(crds);

/**
 * `kubectl apply` and `kt up` must say the same of an object. Compared are, for every object of the corpus: the
 * verdict; class, field and words of each error; whether CEL rules were run; the object with its defaults. An API
 * server that finds unknown fields looks no further, so then only these are compared; metadata that it cannot even
 * read must be refused here, in whatever words.
 */
describe('the corpus on a real API server', function () {
  this.timeout(120_000);
  let api: KubeApi;
  const namespace = useNamespace('corpus');

  before(() => {
    api = new KubeApi(testCluster().kubeconfig);
  });
  after(() => api.close());

  for (const crd of crds) {
    const { kind, plural } = crd.spec.names;
    const collection = (): string =>
      `/apis/${crd.spec.group}/v1alpha1/namespaces/${namespace.name}/${plural}`;

    /** A create that the server only tries. */
    const create = async (object: Json): Promise<Verdict> =>
      verdictOf(await api.call('POST', `${collection()}?dryRun=All&fieldValidation=Strict`, object));

    /** An update of the status that the server only tries, of an object that is really there. */
    const updateStatus = async (object: Json): Promise<Verdict> => {
      const { status: _, ...rest } = object;
      const name = `s-${Buffer.from(JSON.stringify(rest)).toString('hex').slice(-40)}`;
      const metadata = { name };
      await api.call('POST', collection(), { ...rest, metadata });
      const { metadata: found } = await api.must('GET', `${collection()}/${name}`);
      const path = `${collection()}/${name}/status?dryRun=All&fieldValidation=Strict`;
      return verdictOf(await api.call('PUT', path, { ...object, metadata: found }));
    };

    it(`${kind}: the same verdicts, fields and words as the local validator`, async () => {
      const cases = allCases(crd);
      expect(cases.length).to.be.greaterThan(150);
      const wrong = await Promise.all(
        cases.map(async ({ name, object, subresource }) => {
          const local = validator.validate(object);
          const server = await (subresource === 'status' ? updateStatus(object) : create(object));
          const found = difference(local, server, subresource);
          if (found !== null) return [`${name}: ${found}`];
          if (!('accepted' in server)) return [];
          // Both fill in defaults; where they differ, the same file governs differently in a cluster.
          const part = subresource === 'status' ? 'status' : 'spec';
          const [here, there] = [local.object?.[part], server.accepted[part]];
          try {
            expect(there).to.deep.equal(here);
            return [];
          } catch {
            return [`${name}: defaults differ: here ${JSON.stringify(here)}, there ${JSON.stringify(there)}`];
          }
        }),
      );
      expect(wrong.flat().join('\n')).to.equal('');
    });

    it(`${kind}: the same of objects that were changed at random`, async () => {
      const bases = handWritten(kind).filter(({ errors }) => errors.length === 0);
      await assert(
        asyncProperty(constantFrom(...bases), integer(), async ({ object }, seed) => {
          const { status: _, ...changed } = mutated(object, seed);
          const found = difference(validator.validate(changed), await create(changed), 'spec');
          if (found !== null) throw new Error(found);
        }),
        randomRuns(300),
      );
    });
  }
});
