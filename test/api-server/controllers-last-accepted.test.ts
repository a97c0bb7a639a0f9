import { expect } from 'chai';
import { ClusterScene } from '../fakes/cluster-scene.ts';
import { eventually } from '../fakes/folder.ts';
import { childOf, policy, target } from '../fakes/resources.ts';

const NAME = childOf('default');
const dlp = (pattern: string): object => ({
  entries: [{ name: 'dlp', kind: 'DlpFilter', dlpFilter: { action: 'Block', detectPatterns: [pattern] } }],
});

describe('an invalid edit on a real API server', function () {
  this.timeout(60_000);
  const scene = new ClusterScene('invalid');
  const document = async (): Promise<string> =>
    (await scene.get('configmap', NAME)).data!['policy-config.yaml']!;

  before(async () => {
    await scene.apply(policy('a', dlp('PRJ-[0-9]{4}')), policy('b'), target('mock'));
    await scene.run();
  });

  it('keeps what was accepted last in force, and says so', async () => {
    const before = await document();
    await scene.apply(policy('a', dlp('(unclosed')));
    await eventually(
      async () => (await scene.condition('gpol', 'a', 'Accepted'))!.status === 'False',
      'the verdict',
    );
    await scene.settled();
    expect(await document()).to.equal(before);
    const { status } = await scene.get('gpol', 'a');
    expect(status).to.include({ observedGeneration: 2, acceptedGeneration: 1 });
    expect(await scene.condition('gpol', 'a', 'Ready')).to.include({ status: 'False', reason: 'Invalid' });
    expect((await scene.condition('gpol', 'a', 'Accepted'))!.message).to.match(
      /E017.*generation 1 stays in force$/,
    );
    expect((await scene.condition('gpol', 'a', 'Programmed'))!.status).to.equal('True');
    expect((await scene.condition('gpol', 'b', 'Ready'))!.status).to.equal('True');
  });

  it('keeps it also over a restart of an operator that lost its store', async () => {
    const before = await document();
    const status = (await scene.get('gpol', 'a')).status;
    await scene.restart();
    await scene.settled();
    expect(await document()).to.equal(before);
    expect((await scene.get('gpol', 'a')).status).to.deep.equal(status);
  });

  it('hurts nobody else: what others change is enforced', async () => {
    await scene.apply(policy('b', { limits: { maxBodyBytes: 1024 } }));
    await scene.run();
    expect(await document())
      .to.contain('max_body_bytes: 1024')
      .and.to.contain('PRJ-[0-9]{4}');
    expect((await scene.condition('gpol', 'b', 'Ready'))!.status).to.equal('True');
  });

  it('is over with the next valid one, which is told', async () => {
    await scene.apply(policy('a', dlp('NEW-[0-9]{4}')));
    await scene.run();
    expect(await document())
      .to.contain('NEW-[0-9]{4}')
      .and.to.not.contain('PRJ-');
    expect((await scene.condition('gpol', 'a', 'Ready'))!.status).to.equal('True');
    await scene.operator.events();
    const events = JSON.parse(await scene.namespace.kubectl(['get', 'events', '-o', 'json'])) as {
      items: {
        type: string;
        reason: string;
        count: number;
        involvedObject: { kind: string; name: string };
      }[];
    };
    const told = events.items.map(
      ({ type, reason, involvedObject }) =>
        `${involvedObject.kind} ${involvedObject.name}: ${type} ${reason}`,
    );
    // One for each change: a new process begins new series.
    expect(told.sort()).to.deep.equal([
      'GovernancePolicy a: Normal Accepted',
      'GovernancePolicy a: Normal PartiallyOverridden',
      'GovernancePolicy a: Normal Programmed',
      'GovernancePolicy a: Normal Programmed',
      'GovernancePolicy a: Warning Invalid',
      'GovernancePolicy b: Normal Programmed',
      'GovernancePolicy b: Normal Programmed',
      'ProviderTarget mock: Normal Programmed',
    ]);
    expect(events.items.filter(({ count }) => count > 1)).to.deep.equal([]);
    expect(await scene.namespace.kubectl(['describe', 'gpol', 'a'])).to.match(
      /Warning +Invalid .*keeptrusts-operator/,
    );
  });
});
