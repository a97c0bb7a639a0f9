import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { applyManifests } from '../../../hack/api-server/manifests.ts';
import { writeScript } from '../../fakes/script.ts';

describe('manifests applied before the tests', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kt-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const kubectl = (body: string): string => writeScript(join(folder, 'kubectl'), body);
  const calls = (): string[] => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
  const note = `echo "$@" >> "$(dirname "$0")/calls"`;

  it('are waited for where they define kinds', async () => {
    const crd = 'customresourcedefinition.apiextensions.k8s.io/things.example.com';
    await applyManifests(
      kubectl(`${note}; [ "$3" = apply ] && echo "namespace/x\n${crd}"; true`),
      '/config',
      '/crds',
    );
    expect(calls()).to.deep.equal([
      '--kubeconfig /config apply -k /crds -o name',
      `--kubeconfig /config wait --for=condition=Established --timeout=60s ${crd}`,
    ]);
  });

  it('are not waited for where they define none', async () => {
    await applyManifests(kubectl(`${note}; echo namespace/x`), '/config', '/samples');
    expect(calls()).to.have.length(1);
  });

  it('fail with what kubectl said, also where it would ask somebody for a password', async () => {
    const asking = kubectl('read -r name || { echo "error: EOF" >&2; exit 1; }');
    const fault = await applyManifests(asking, '/config', '/crds').then(() => null, String);
    expect(fault).to.match(/^Error: kubectl apply .* failed: error: EOF$/);
  });
});
