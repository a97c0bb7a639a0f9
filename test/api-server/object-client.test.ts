import type { KubeObjects } from '../../operator/kube/objects.ts';
import { connect } from '../fakes/kube-client.ts';
import { testCluster } from '../fakes/kubectl.ts';
import { useNamespace } from '../fakes/namespaces.ts';
import { objectClientContract } from '../operator/object-client-contract.ts';

describe('the objects of an API server, as controllers see them', function () {
  this.timeout(20_000);
  const namespace = useNamespace('contract');
  let test: Awaited<ReturnType<typeof connect>>;
  let client: KubeObjects;

  before(async () => {
    test = await connect();
    client = test.objects([namespace.name]);
    await client.start(AbortSignal.timeout(20_000));
  });
  after(async () => {
    await client.stop();
    await test.kube.close();
  });

  objectClientContract(() => ({ client, namespace: namespace.name, collects: testCluster().collects }));
});
