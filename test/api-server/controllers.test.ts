import { expect } from 'chai';
import { CHILDREN, ClusterScene } from '../fakes/cluster-scene.ts';
import { childOf, gateway, policy, target } from '../fakes/resources.ts';

const record = { entries: [{ name: 'record', kind: 'AuditLogger', auditLogger: {} }] };
const NAME = childOf('default');

describe('controllers on a real API server', function () {
  this.timeout(60_000);
  const scene = new ClusterScene('controllers');

  it('make the objects of a gateway, and call its policy ready when an instance has reported', async () => {
    await scene.apply(policy('guard'), target('mock'));
    await scene.children('default', 'all');
    await scene.settled();
    const pending = (await scene.get('gpol', 'guard')).status!;
    expect(pending.conditions!.map(({ type }) => type)).to.deep.equal([
      ...['Ready', 'Accepted', 'ResolvedRefs', 'Programmed', 'Overridden'],
    ]);
    expect(pending.conditions![0]).to.include({ status: 'False', reason: 'GatewayPending' });
    await scene.run();
    await scene.namespace.kubectl([
      'wait',
      '--for=condition=Ready',
      'gpol/guard',
      'ptgt/mock',
      '--timeout=10s',
    ]);
    const { status } = await scene.get('gpol', 'guard');
    expect(status).to.deep.include({
      observedGeneration: 1,
      acceptedGeneration: 1,
      gateways: [{ name: 'default', revision: 1, programmed: 'True' }],
    });
    for (const condition of status!.conditions!) expect(condition.observedGeneration).to.equal(1);
  });

  it('ask nothing and write nothing while nothing changes', async () => {
    await scene.settled();
    scene.operator.client.take();
    const before = await Promise.all(CHILDREN.map((kind) => scene.get(kind, NAME)));
    for (let seconds = 0; seconds < 6; seconds++) {
      scene.operator.report(scene.namespace.name, 'default');
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    expect(scene.operator.client.take()).to.deep.equal({});
    expect(await Promise.all(CHILDREN.map((kind) => scene.get(kind, NAME)))).to.deep.equal(before);
  });

  it('touch the document and the status of the object that was edited, and no more', async () => {
    await scene.apply(...Array.from({ length: 20 }, (_, n) => policy(`p${n}`)));
    await scene.run();
    scene.operator.client.take();
    await scene.apply(policy('p7', record));
    await scene.run();
    expect((await scene.condition('gpol', 'p7', 'Ready'))!.status).to.equal('True');
    // Where the cache does not show our own write yet, the API is asked.
    const { 'read GovernancePolicy/p7': reads = 0, ...writes } = scene.operator.client.take();
    expect(reads).to.be.at.most(2);
    expect(writes).to.deep.equal({
      'apply ConfigMap/keeptrusts-default': 1,
      // Not yet enforced, then enforced.
      'status GovernancePolicy/p7': 2,
    });
    const { status } = await scene.get('gpol', 'p7');
    expect(status!['gateways']).to.deep.equal([
      {
        name: 'default',
        revision: scene.operator.revision(scene.namespace.name, 'default')!.number,
        programmed: 'True',
      },
    ]);
  });

  it('leave a status alone that is as it was after a restart, also before instances have reported again', async () => {
    const before = await scene.get('gpol', 'guard');
    await scene.restart();
    await scene.settled();
    const calls = scene.operator.client.take();
    // A new process applies its whole intent once.
    expect(calls).to.deep.equal(Object.fromEntries(CHILDREN.map((kind) => [`apply ${kind}/${NAME}`, 1])));
    expect(scene.operator.drift).to.deep.equal([]);
    expect(await scene.get('gpol', 'guard')).to.deep.equal(before);
  });

  it('let kubectl show at a glance what is there, how it is and why', async () => {
    await scene.apply(gateway('edge'));
    await scene.children('edge', 'all');
    await scene.settled();
    const table = await scene.namespace.kubectl(['get', 'governance']);
    const lines = table.split('\n').map((line) => line.split(/ {2,}/).slice(0, -1));
    expect(lines).to.deep.include.members([
      ['NAME', 'REPLICAS', 'READY', 'REASON', 'REVISION', 'ADDRESS'],
      [
        'governancegateway.governance.keeptrusts.com/edge',
        ...['1', 'False', 'Unavailable', '1', `http://keeptrusts-edge.${scene.namespace.name}.svc:41002`],
      ],
      ['NAME', 'MODE', 'GATEWAYS', 'READY', 'REASON'],
      ['NAME', 'PROVIDER', 'READY', 'REASON'],
      ['providertarget.governance.keeptrusts.com/mock', 'mock', 'False', 'GatewayPending'],
    ]);
  });
});
