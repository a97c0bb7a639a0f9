import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { TestFolder } from '../fakes/folder.ts';
import { KubeApi } from '../fakes/kube-api.ts';
import { testCluster } from '../fakes/kubectl.ts';
import { cleanNamespace, type Json, makeNamespace } from '../golden-runner/cluster-objects.ts';
import { ClusterRun, SOMEBODY_ELSE } from '../golden-runner/cluster-run.ts';
import { operatorAccount } from '../golden-runner/operator-account.ts';
import { ITS_OWN, outputs, toYaml } from '../golden-runner/outputs.ts';
import { readScenario, scenarios } from '../golden-runner/scenario.ts';

/** Writes the `out.*` files of the scenarios that only run here. */
const update = process.env['KT_UPDATE_GOLDEN'] === '1';

/** The namespaces that scenarios speak of: a document names its own, so that it cannot be another. */
const NAMESPACES = ['team-a', 'team-b'];

/** Those with several objects or steps of which one must not depend on the order of the others. */
const ANY_ORDER = [
  'a-declared-gateway-takes-the-place-of-the-implicit-one',
  'a-gateway-made-later-gets-the-last-accepted-policy',
  'a-policy-that-names-one-gateway-leaves-the-other-alone',
  'an-invalid-edit-keeps-the-whole-last-accepted-policy',
  'keys-of-several-policies-join-and-conflicts-are-told',
  'lists-of-permitted-targets-intersect',
  'the-lower-limit-and-the-stricter-value-win',
];

/**
 * The scenarios of `test/golden/operator` on a real API server. Configurations and statuses are compared in full, but
 * for when conditions changed; of the operator's objects exactly the fields that it has applied. `out.foreign.yaml` is
 * what is left to another client.
 */
describe('scenarios on a real API server', function () {
  this.timeout(60_000);
  let api: KubeApi;
  let run: ClusterRun;
  let folder: TestFolder;

  before(async function () {
    this.timeout(120_000);
    api = new KubeApi(testCluster().kubeconfig);
    await Promise.all(NAMESPACES.map((name) => makeNamespace(api, name)));
  });
  after(async () => {
    await Promise.all(NAMESPACES.map((name) => api.call('DELETE', `/api/v1/namespaces/${name}`)));
    api.close();
  });

  beforeEach(async () => {
    folder = new TestFolder();
    run = new ClusterRun(api, NAMESPACES);
    await Promise.all(NAMESPACES.map((name) => cleanNamespace(api, name)));
  });
  afterEach(async () => {
    await run.stop();
    folder.remove();
  });

  for (const scenario of scenarios()) {
    it(scenario.name.replaceAll('-', ' '), async () => {
      const kubeconfig = scenario.rbac === null ? undefined : folder.file('kubeconfig');
      if (kubeconfig !== undefined) {
        const [namespace] = NAMESPACES as [string];
        const { kubeconfig: admin } = testCluster();
        await run.permit(scenario.rbac!);
        await operatorAccount(api, { admin, namespace, file: kubeconfig });
      }
      await run.go(scenario, kubeconfig);
      const file = (name: string): string => join(scenario.folder, name);
      const sent = existsSync(file('out.manifests.yaml')) ? documents(file('out.manifests.yaml')) : [];
      const found = {
        ...outputs(await run.end(sent)),
        ...(scenario.needs.includes('foreign-managers')
          ? { 'out.foreign.yaml': toYaml(await run.applied(SOMEBODY_ELSE, [])) }
          : {}),
      };
      for (const [name, text] of Object.entries(found)) {
        if (update && scenario.needs.length > 0) writeFileSync(file(name), timeless(text));
        expect(timeless(text), name).to.equal(timeless(readFileSync(file(name), 'utf8')));
      }
    });
  }

  for (const name of ANY_ORDER) {
    it(`end alike when objects come one by one, the last first: ${name.replaceAll('-', ' ')}`, async () => {
      const scenario = readScenario(name);
      run = new ClusterRun(api, NAMESPACES, 'one-by-one');
      await run.go(scenario, undefined);
      const file = (output: string): string => join(scenario.folder, output);
      const found = outputs(await run.end(documents(file('out.manifests.yaml'))));
      for (const [output, text] of Object.entries(found)) {
        expect(unnumbered(text), output).to.equal(unnumbered(readFileSync(file(output), 'utf8')));
      }
    });
  }
});

function documents(file: string): Json[] {
  const parsed = parseAllDocuments(readFileSync(file, 'utf8'));
  return Array.isArray(parsed) ? parsed.map((document) => document.toJS() as Json) : [];
}

/** The store of local mode counts uids, a real one makes them up; what they stand for was compared before. */
const timeless = (text: string): string =>
  text
    .replaceAll(/lastTransitionTime: .*$/gm, 'lastTransitionTime: any')
    .replaceAll(/uid: uid-\d+$/gm, `uid: ${ITS_OWN}`);

/** How often something was compiled on the way is the one thing that depends on the way. */
const unnumbered = (text: string): string =>
  timeless(text).replaceAll(/(number|revision): "?\d+"?$/gm, '$1: any');
