import { expect } from 'chai';
import { crds } from '../../hack/api-server/crds.ts';
import { freePorts } from '../../hack/api-server/ports.ts';
import { type ApiServer, startApiServer } from '../../hack/api-server/start.ts';
import { measureScale, type Step } from '../../hack/scale/measure.ts';
import { PODS, WATCHED } from '../../operator/kube/resources.ts';
import { ownBinaries } from '../fakes/own-api-server.ts';

const SIZE = { namespaces: 20, policies: 5, targets: 2 };

/** What a change asks for has nothing to do with how many namespaces there are; `npm run scale` measures with 200. */
describe('the operator over many namespaces', function () {
  this.timeout(240_000);
  let server: ApiServer | undefined;
  let steps: Map<string, Step>;

  before(async function () {
    server = await startApiServer({ binaries: ownBinaries(this), manifests: crds });
    const [port] = (await freePorts(1)) as [number];
    const measured = await measureScale(server.kubeconfig, port, SIZE, 60_000);
    steps = new Map(measured.map((step) => [step.name, step]));
  });
  after(() => server?.stop());

  const CHANGES: Readonly<Record<string, Step['requests']>> = {
    'nothing, for 5 s': {},
    // Not yet enforced, then enforced.
    'one policy edited': { 'apply ConfigMap': 1, 'apply Event': 1, 'apply_status GovernancePolicy': 2 },
    'one target edited': { 'apply ConfigMap': 1, 'apply Event': 1, 'apply_status ProviderTarget': 2 },
    'one Service deleted by hand': { 'apply Service': 1, 'get Service': 1 },
  };

  for (const [name, requests] of Object.entries(CHANGES)) {
    it(`asks for ${name} what that touches, and no more`, () => {
      expect(steps.get(name)!.requests).to.deep.equal(requests);
    });
  }

  it('lists and watches each kind once, and after a restart applies each object once', () => {
    const { requests } = steps.get('restart')!;
    const lists = Object.entries(requests).filter(([key]) => /^(list|watch) /.test(key));
    const watched = [...WATCHED, PODS];
    expect(lists.map(([, n]) => n)).to.deep.equal(Array.from({ length: 2 * watched.length }, () => 1));
    const rest = Object.fromEntries(Object.entries(requests).filter(([key]) => !/^(list|watch) /.test(key)));
    const kinds = ['ConfigMap', 'Deployment', 'Service', 'ServiceAccount'];
    expect(rest).to.deep.equal(Object.fromEntries(kinds.map((kind) => [`apply ${kind}`, SIZE.namespaces])));
  });
});
