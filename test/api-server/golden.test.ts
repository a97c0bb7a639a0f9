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
import { scenarios } from '../golden-runner/scenario.ts';

/** Writes the `out.*` files of the scenarios that only run here. */
const update = process.env['KT_UPDATE_GOLDEN'] === '1';

/** The namespaces that scenarios speak of: a document names its own, so that it cannot be another. */
const NAMESPACES = ['team-a', 'team-b'];

/**
 * The scenarios of `test/golden/operator` on a real API server. Configurations and statuses are compared in full, but
 * for when conditions changed; of the operator's objects exactly the fields that it has applied. `out.foreign.yaml` is
 * what is left to another client.
 */
describe('scenarios on a real API server', function () {
  this.timeout(60_000);
  let api: KubeApi;

  before(async function () {
    this.timeout(120_000);
    api = new KubeApi(testCluster().kubeconfig);
    await Promise.all(NAMESPACES.map((name) => makeNamespace(api, name)));
  });
  after(async () => {
    await Promise.all(NAMESPACES.map((name) => api.call('DELETE', `/api/v1/namespaces/${name}`)));
    api.close();
  });

  let run: ClusterRun;
  let folder: TestFolder;
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
