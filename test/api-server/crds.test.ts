import { join } from 'node:path';
import { expect } from 'chai';
import { crds } from '../../hack/api-server/crds.ts';
import { type ApiServer, startApiServer } from '../../hack/api-server/start.ts';
import { readCrds } from '../../operator/local/crds.ts';
import { kubectl } from '../fakes/kubectl.ts';
import { ownBinaries } from '../fakes/own-api-server.ts';

const samples = join(import.meta.dirname, '../../config/samples/quickstart');

interface Definition {
  metadata: { name: string };
  status: { conditions: { type: string; status: string }[]; storedVersions: string[] };
}

/** On a server of their own: they are deleted here, and with them every object. */
describe('our CRDs', function () {
  this.timeout(60_000);
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

  it('take every object with them when they are deleted, and leave nothing for the next time', async () => {
    await run('delete', '-k', crds, '--timeout=20s');
    expect(await run('get', 'crd', '-o', 'name')).to.equal('');
    await run('apply', '-k', crds);
    await run('wait', '--for=condition=Established', 'crd', ...names, '--timeout=10s');
    expect(await run('get', 'governance', '-A', '-o', 'name')).to.equal('');
  });
});
