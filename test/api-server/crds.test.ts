import { join } from 'node:path';
import { expect } from 'chai';
import { crds } from '../../hack/api-server/crds.ts';
import { type ApiServer, startApiServer } from '../../hack/api-server/start.ts';
import { readCrds } from '../../operator/local/crds.ts';
import { eventually } from '../fakes/folder.ts';
import { kubectl } from '../fakes/kubectl.ts';
import { OperatorProcess } from '../fakes/operator-process.ts';
import { ownBinaries } from '../fakes/own-api-server.ts';

const samples = join(import.meta.dirname, '../../config/samples/quickstart');

interface Definition {
  metadata: { name: string };
  status: { conditions: { type: string; status: string }[]; storedVersions: string[] };
}

interface OlderDefinition {
  spec: {
    versions: {
      schema: { openAPIV3Schema: { properties: { status: { properties: Record<string, unknown> } } } };
    }[];
  };
}

/** On a server of their own: they are deleted here, and with them every object. */
describe('our CRDs', function () {
  this.timeout(120_000);
  const names = readCrds(crds).map(({ metadata }) => metadata.name);
  let server: ApiServer;
  const run = (...args: string[]): Promise<string> =>
    kubectl(['--warnings-as-errors', ...args], { kubeconfig: server.kubeconfig });
  const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

  before(async function () {
    this.timeout(90_000);
    server = await startApiServer({ binaries: ownBinaries(this) });
  });
  after(() => server?.stop());

  it('are created by apply -k without a warning, and established', async () => {
    expect(lines(await run('apply', '-k', crds)).sort()).to.deep.equal(
      names.map((name) => `customresourcedefinition.apiextensions.k8s.io/${name} created`).sort(),
    );
    await run('wait', '--for=condition=Established', 'crd', ...names, '--timeout=10s');
    const { items } = JSON.parse(await run('get', 'crd', ...names, '-o', 'json')) as { items: Definition[] };
    for (const { metadata, status } of items) {
      const states = Object.fromEntries(status.conditions.map((one) => [one.type, one.status]));
      // A third one, NonStructuralSchema, would tell of a schema that is pruned or defaulted in no defined way.
      expect(states, metadata.name).to.deep.equal({ NamesAccepted: 'True', Established: 'True' });
      expect(status.storedVersions).to.deep.equal(['v1alpha1']);
    }
  });

  it('are unchanged by a second time, also by server-side apply', async () => {
    expect(
      lines(await run('apply', '-k', crds)).filter((line) => !line.endsWith(' unchanged')),
    ).to.deep.equal([]);
    const versions = (): Promise<string> =>
      run('get', 'crd', ...names, '-o', 'jsonpath={.items[*].metadata.generation}');
    const before = await versions();
    await run('apply', '--server-side', '--force-conflicts', '-k', crds);
    await run('apply', '--server-side', '-k', crds);
    expect(await versions()).to.equal(before);
  });

  it('are listed by short name and category', async () => {
    await run('apply', '-f', samples);
    expect(lines(await run('get', 'gpol,ptgt', '-o', 'name'))).to.have.lengthOf(2);
    expect(lines(await run('get', 'governance', '-o', 'name'))).to.have.lengthOf(2);
    expect(await run('get', 'ggw', '-o', 'name')).to.equal('');
  });

  it('of an older release let the operator act, which tells of the statuses that it cannot write until they are replaced', async () => {
    const [policies] = readCrds(crds).filter(({ spec }) => spec.names.kind === 'GovernancePolicy');
    const older = structuredClone(policies) as unknown as OlderDefinition;
    delete older.spec.versions[0]!.schema.openAPIV3Schema.properties.status.properties['acceptedGeneration'];
    await kubectl(['replace', '-f', '-'], { kubeconfig: server.kubeconfig, input: older });
    const operator = new OperatorProcess({ namespaces: ['default'], kubeconfig: server.kubeconfig });
    const unwritten = async (): Promise<{ object: string; message: string }[]> => {
      const { problems } = (await operator.api('/v1/problems')) as {
        problems: { code: string; object: string; message: string }[];
      };
      return problems.filter(({ code }) => code === 'StatusNotWritten');
    };
    try {
      await eventually(async () => (await unwritten()).length > 0, 'the problem', 30_000);
      const [problem, ...others] = await unwritten();
      expect(others).to.deep.equal([]);
      expect(problem!.object).to.equal('GovernancePolicy default/quickstart');
      expect(problem!.message).to.match(/acceptedGeneration.*; apply the definitions of this release$/);
      // What can be done is done: the gateway is there, and the statuses that fit are written.
      expect(lines(await run('get', 'deployment', 'keeptrusts-default', '-o', 'name'))).to.have.lengthOf(1);
      await run('wait', '--for=condition=Accepted', 'ptgt', '--all', '--timeout=10s');

      await run('apply', '-k', crds);
      await run('wait', '--for=condition=Accepted', 'gpol/quickstart', '--timeout=40s');
      await eventually(async () => (await unwritten()).length === 0, 'the end of the problem', 30_000);
    } finally {
      await operator.remove();
    }
  });

  it('take every object with them when they are deleted, and leave nothing for the next time', async () => {
    await run('delete', '-k', crds, '--timeout=20s');
    expect(await run('get', 'crd', '-o', 'name')).to.equal('');
    await run('apply', '-k', crds);
    await run('wait', '--for=condition=Established', 'crd', ...names, '--timeout=10s');
    expect(await run('get', 'governance', '-A', '-o', 'name')).to.equal('');
  });
});
