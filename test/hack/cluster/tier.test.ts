import { chmodSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { clusterObstacle } from '../../../hack/cluster/tier.ts';
import { TestFolder } from '../../fakes/folder.ts';

const images = {
  KT_GATEWAY_IMAGE: 'a:1',
  KT_OPERATOR_IMAGE: 'b:1',
  KT_NEXT_GATEWAY_IMAGE: 'c:1',
  KT_CLIENT_IMAGE: 'd:1',
  KT_PROMETHEUS_IMAGE: 'e:1',
};

describe('the tier on the cluster of somebody', () => {
  let folder: TestFolder;
  let env: Record<string, string>;

  beforeEach(() => {
    folder = new TestFolder();
    writeFileSync(folder.file('kubectl'), '');
    chmodSync(folder.file('kubectl'), 0o755);
    writeFileSync(folder.file('kubeconfig'), '');
    env = { ...images, PATH: folder.path, TEST_KUBECONFIG: folder.file('kubeconfig') };
  });
  afterEach(() => folder.remove());

  it('runs when it is named', () => {
    expect(clusterObstacle(env, true)).to.equal(null);
  });

  it('leaves the cluster alone when it is not', () => {
    expect(clusterObstacle(env, false)).to.equal(
      `it installs the operator in the cluster of ${env['TEST_KUBECONFIG']}: name it in KT_TIERS to run it`,
    );
  });

  it('names all images that it lacks', () => {
    const { KT_CLIENT_IMAGE: _, KT_PROMETHEUS_IMAGE: __, ...some } = env;
    expect(clusterObstacle(some, true)).to.equal(
      'with TEST_KUBECONFIG, KT_CLIENT_IMAGE, KT_PROMETHEUS_IMAGE must name images that the cluster can get',
    );
  });

  it('says that the kubeconfig is not there', () => {
    const gone = { ...env, TEST_KUBECONFIG: folder.file('none') };
    expect(clusterObstacle(gone, true)).to.include('which does not exist');
  });
});
