import { expect } from 'chai';
import { KubeClient } from '../../../operator/kube/client.ts';
import { type Kube, loadKube } from '../../../operator/kube/config.ts';
import { fenced } from '../../../operator/kube/fence.ts';
import { systemClock } from '../../../operator/runtime/clock.ts';
import { rawConfigMap } from '../../fakes/kube-objects.ts';
import { noKubeMetrics } from '../../fakes/no-kube-metrics.ts';
import { json, ScriptedServer, status } from '../../fakes/scripted-server.ts';

const ref = { kind: 'ConfigMap', namespace: 'team-a', name: 'x' };
const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'team-a', name: 'x' } };

describe('writes of a process that may not write', () => {
  let server: ScriptedServer;
  let kube: Kube;
  let allowed: boolean;
  let client: KubeClient;
  let asked: number;

  beforeEach(async () => {
    server = await ScriptedServer.start((_, response) => json(response, 200, rawConfigMap('x', '6')));
    kube = await loadKube({ kubeconfig: server.kubeconfig({ token: 't' }) });
    allowed = true;
    const deps = { clock: systemClock, random: () => 0, metrics: noKubeMetrics };
    asked = 0;
    const mayWrite = (): boolean => {
      asked++;
      return allowed;
    };
    client = new KubeClient(fenced(kube, mayWrite), deps);
  });
  afterEach(async () => {
    await kube.close();
    await server.stop();
  });

  const failure = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => '',
      (error: Error) => error.message,
    );

  it('never reach the server, by any verb, while reads do', async () => {
    allowed = false;
    const object = (await client.get(ref))!;
    const writes = [
      () => client.apply(manifest),
      () => client.applyStatus({ ...manifest, status: {} }),
      () => client.create(manifest),
      () => client.replace(object),
      () => client.patch(ref, {}),
      () => client.delete(ref, 'uid-x'),
    ];
    for (const write of writes) expect(await failure(write())).to.contain('does not hold the lease');
    expect(server.requests.map(({ method }) => method)).to.deep.equal(['GET']);
    allowed = true;
    expect(await failure(client.apply(manifest))).to.equal('');
  });

  it('are kept back once, and it is said plainly why', async () => {
    allowed = false;
    expect(await failure(client.apply(manifest))).to.equal(
      'apply ConfigMap/team-a/x: not sent: this process does not hold the lease',
    );
    expect(asked).to.equal(1);
  });

  it('are held back when the permission is lost between their making and their sending', async () => {
    const { signal } = new AbortController();
    const made = fenced(kube, () => allowed).send({ method: 'PATCH', path: '/x', body: '{}', signal });
    // The credentials are still being read.
    allowed = false;
    expect(await failure(made)).to.equal('this process does not hold the lease');
    expect(server.requests).to.deep.equal([]);
  });

  it('are held back also when they were asked for before, and wait for another try', async () => {
    server.answer((_, response) => {
      allowed = false;
      json(response, 429, status(429, 'TooManyRequests', 'later'));
    });
    expect(await failure(client.apply(manifest))).to.contain('does not hold the lease');
    expect(server.requests).to.have.length(1);
  });
});
