import { expect } from 'chai';
import { sameJson } from '../../operator/runtime/json.ts';
import { ClusterScene } from '../fakes/cluster-scene.ts';
import { eventually } from '../fakes/folder.ts';
import { childOf, policy, target } from '../fakes/resources.ts';

const NAME = childOf('default');
const POD = '/spec/template/spec';
interface PodSpec {
  template: { spec: { volumes: { name: string }[] } };
}

describe('a part of a Deployment that others replaced', function () {
  this.timeout(60_000);
  const scene = new ClusterScene('replaced');
  before(async () => {
    await scene.apply(policy('guard'), target('mock'));
    await scene.run();
  });
  beforeEach(async () => {
    await scene.settled();
    scene.operator.drift.length = 0;
    scene.operator.client.take();
  });

  it('is put back, though an apply cannot: the server refuses both', async () => {
    const before = await scene.get('deployment', NAME);
    const state = (before.spec as unknown as PodSpec).template.spec.volumes.findIndex(
      ({ name }) => name === 'state',
    );
    const replacements: [string, object[]][] = [
      [
        'volumes',
        [
          {
            op: 'replace',
            path: `${POD}/volumes/${state}`,
            value: { name: 'state', hostPath: { path: '/' } },
          },
        ],
      ],
      [
        'env',
        [{ op: 'replace', path: `${POD}/containers/0/env/0`, value: { name: 'POD_NAME', value: 'x' } }],
      ],
      [
        'livenessProbe',
        [
          {
            op: 'replace',
            path: `${POD}/containers/0/livenessProbe`,
            value: { exec: { command: ['true'] } },
          },
        ],
      ],
      [
        'capabilities',
        [
          { op: 'remove', path: `${POD}/containers/0/securityContext/allowPrivilegeEscalation` },
          {
            op: 'add',
            path: `${POD}/containers/0/securityContext/capabilities/add`,
            value: ['CAP_SYS_ADMIN'],
          },
        ],
      ],
      [
        'seccompProfile',
        [
          {
            op: 'replace',
            path: `${POD}/securityContext/seccompProfile`,
            value: { type: 'Localhost', localhostProfile: 'p.json' },
          },
        ],
      ],
      [
        'resources',
        [
          {
            op: 'replace',
            path: `${POD}/containers/0/resources`,
            value: { requests: { cpu: '1m' }, limits: { cpu: '2m' } },
          },
        ],
      ],
      ['hostPort', [{ op: 'add', path: `${POD}/containers/0/ports/0/hostPort`, value: 40_999 }]],
    ];
    for (const [name, operations] of replacements) {
      const changes = ['--type=json', '-p', JSON.stringify(operations)];
      await scene.namespace.kubectl(['patch', 'deployment', NAME, ...changes]);
      await eventually(
        async () => sameJson((await scene.get('deployment', NAME)).spec, before.spec),
        `an end of ${name}`,
      );
      await scene.settled();
    }
    expect(scene.operator.drift).to.deep.equal(replacements.map(() => 'Deployment'));
  });
});
