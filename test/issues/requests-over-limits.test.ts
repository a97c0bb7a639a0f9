import { expect } from 'chai';
import { loadKindContracts } from '../../gateway/contract/kinds.ts';
import { createLinter } from '../../operator/domain/lint.ts';
import type { ObjectStore } from '../../operator/local/object-store.ts';
import { IMPLICIT_SHAPE } from '../../operator/render/shape.ts';
import type { KubeObject } from '../../operator/runtime/objects.ts';
import { FakeClock, settle } from '../fakes/clock.ts';
import { controllersOver, storeIn } from '../fakes/controllers.ts';
import { TestFolder } from '../fakes/folder.ts';

const linter = createLinter({
  kinds: await loadKindContracts(),
  loneGateway: false,
  listen: '0.0.0.0:41002',
});
const apiVersion = 'governance.keeptrusts.com/v1alpha1';
const SOUND = { requests: { memory: '128Mi' }, limits: { memory: '256Mi' } };
const BAD = { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } };

/**
 * A gateway that was stored before the schema knew the rule had its Deployment refused, so that every object of the
 * namespace was told to be at fault and no other change of the pods got out.
 */
describe('issue: a gateway stored with requests above its limits', () => {
  let folder: TestFolder;
  let store: ObjectStore;
  let controllers: ReturnType<typeof controllersOver>;

  const pods = (): { resources: object; args: string[] } => {
    const deployment = store.cache.get({ kind: 'Deployment', namespace: 'team-a', name: 'keeptrusts-edge' });
    const { template } = deployment!.spec as { template: { spec: { containers: KubeObject[] } } };
    return template.spec.containers[0] as unknown as { resources: object; args: string[] };
  };
  const condition = (kind: string, name: string, type: string): { [field: string]: string } => {
    const { status } = store.cache.get({ kind, namespace: 'team-a', name })!;
    return (status as { conditions: { type: string }[] }).conditions.find((one) => one.type === type)!;
  };
  const gateway = async (resources: object | undefined, drainGraceSeconds = 60): Promise<void> => {
    const { evidence } = IMPLICIT_SHAPE;
    const spec = { replicas: 1, evidence, drainGraceSeconds, ...(resources && { resources }) };
    const metadata = { name: 'edge', namespace: 'team-a' };
    await store.apply({ apiVersion, kind: 'GovernanceGateway', metadata, spec });
    await settle();
  };

  beforeEach(async () => {
    folder = new TestFolder();
    const clock = new FakeClock();
    store = storeIn(folder, clock);
    controllers = controllersOver(store, {
      clock,
      linter,
    });
    controllers.gateway.start();
    controllers.status.start();
    const metadata = { name: 'p', namespace: 'team-a' };
    await store.apply({ apiVersion, kind: 'GovernancePolicy', metadata, spec: { mode: 'Enforce' } });
  });
  afterEach(async () => {
    await controllers.gateway.stop();
    await controllers.status.stop();
    folder.remove();
  });

  it('leaves the resources of the pods as they were, and takes what else it says', async () => {
    await gateway(SOUND);
    expect(pods().resources).to.deep.equal(SOUND);
    await gateway(BAD, 30);
    expect(pods().resources).to.deep.equal(SOUND);
    expect(pods().args).to.include('--drain-seconds=30');
    await gateway(undefined);
    await gateway(BAD);
    expect(pods()).to.not.have.property('resources');
  });

  it('has pods like those of an implicit gateway where it never had any', async () => {
    await gateway(BAD);
    expect(pods().resources).to.deep.equal(IMPLICIT_SHAPE.resources);
  });

  it('is told at that gateway, by the field, and at no other object', async () => {
    await gateway(BAD);
    for (const type of ['Ready', 'Accepted']) {
      expect(condition('GovernanceGateway', 'edge', type)).to.include({ status: 'False', reason: 'Invalid' });
      expect(condition('GovernanceGateway', 'edge', type)['message']).to.match(
        /^spec\.resources\.requests\.memory: 2Gi is more than the limit, 1Gi: /,
      );
    }
    expect(condition('GovernancePolicy', 'p', 'Accepted')).to.include({ status: 'True' });
    expect(condition('GovernancePolicy', 'p', 'Programmed')).to.include({ reason: 'GatewayPending' });
    await gateway(SOUND);
    expect(pods().resources).to.deep.equal(SOUND);
    expect(condition('GovernanceGateway', 'edge', 'Accepted')['status']).to.equal('True');
  });
});
