import { expect } from 'chai';
import { KubeClient } from '../../../operator/kube/client.ts';
import { type Kube, loadKube } from '../../../operator/kube/config.ts';
import { KubeObjects } from '../../../operator/kube/objects.ts';
import { systemClock } from '../../../operator/runtime/clock.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import { eventually } from '../../fakes/folder.ts';
import { rawConfigMap } from '../../fakes/kube-objects.ts';
import { noKubeMetrics } from '../../fakes/no-kube-metrics.ts';
import { json, type Script, ScriptedServer, status } from '../../fakes/scripted-server.ts';

const LISTS = 7;

describe('objects of an API server', () => {
  let server: ScriptedServer;
  let kube: Kube;
  let objects: KubeObjects;
  const synced = new Map<string, boolean>();

  /** Empty lists and silent watches, but for config maps. */
  const script =
    (configMaps: Script): Script =>
    (request, response) => {
      if (request.path.includes('/configmaps')) configMaps(request, response);
      else if (request.query.has('watch')) response.writeHead(200).flushHeaders();
      else json(response, 200, { metadata: { resourceVersion: '1' }, items: [] });
    };

  const make = (namespaces?: readonly string[]): KubeObjects => {
    const metrics = { ...noKubeMetrics, synced: (kind: string, is: boolean) => void synced.set(kind, is) };
    const deps = { clock: systemClock, random: Math.random, log: silentLog, metrics };
    const client = new KubeClient(kube, deps);
    return new KubeObjects(client, namespaces === undefined ? {} : { namespaces }, deps);
  };

  beforeEach(async () => {
    synced.clear();
    server = await ScriptedServer.start(() => {});
    kube = await loadKube({ kubeconfig: server.kubeconfig() });
  });
  afterEach(async () => {
    await objects.stop();
    await kube.close();
    await server.stop();
  });

  it('are all in the cache when it has started, and followed from there', async () => {
    server.answer(
      script(({ query }, response) => {
        const items = [rawConfigMap('a', '5')];
        if (!query.has('watch')) json(response, 200, { metadata: { resourceVersion: '9' }, items });
        else response.write(`${JSON.stringify({ type: 'ADDED', object: rawConfigMap('b', '10') })}\n`);
      }),
    );
    objects = make();
    await objects.start(new AbortController().signal);
    expect(objects.cache.get({ kind: 'ConfigMap', namespace: 'team-a', name: 'a' })).to.not.equal(undefined);
    expect([...synced.values()]).to.deep.equal(Array(LISTS).fill(true));
    await eventually(async () => objects.cache.list('ConfigMap', 'team-a').length === 2, 'the event');
    expect(objects.health().every((health) => health.synced && health.error === null)).to.equal(true);
  });

  it('are followed in each namespace by itself where namespaces are named', async () => {
    server.answer(
      script((_, response) => json(response, 200, { metadata: { resourceVersion: '9' }, items: [] })),
    );
    objects = make(['a', 'b', 'a']);
    await objects.start(new AbortController().signal);
    const lists = server.requests.filter(({ query }) => query.has('limit')).map(({ path }) => path);
    expect(lists).to.have.length(2 * LISTS);
    expect(lists.every((path) => /\/namespaces\/[ab]\//.test(path))).to.equal(true);
    expect(objects.health().map(({ namespace }) => namespace)).to.include.members(['a', 'b']);
  });

  it('are not in sync while one kind cannot be listed, and the health says which and why', async () => {
    server.answer(script((_, response) => json(response, 403, status(403, 'Forbidden', 'you may not'))));
    objects = make();
    const stop = new AbortController();
    const start = objects.start(stop.signal);
    await eventually(async () => [...synced.values()].filter(Boolean).length === LISTS - 1, 'the others');
    const [unwell, ...more] = objects.health().filter((health) => !health.synced);
    expect(more).to.have.length(0);
    expect(unwell).to.deep.include({ kind: 'ConfigMap', error: 'list ConfigMap: you may not' });
    stop.abort(new Error('the operator is stopping'));
    expect(await start.catch((error: Error) => error.message)).to.equal('the operator is stopping');
  });

  it('leave no connection open when stopped, in the midst of lists and of watches', async () => {
    server.answer(script(() => {}));
    objects = make();
    const stop = new AbortController();
    const start = objects.start(stop.signal).catch(() => {});
    await eventually(async () => [...synced.values()].filter(Boolean).length === LISTS - 1, 'the others');
    stop.abort(new Error('enough'));
    await objects.stop();
    await start;
    await kube.close();
    await eventually(async () => server.open === 0, 'the end of all connections');
    const count = server.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.requests).to.have.length(count);
  });

  it('do not put what an apply returns into the cache', async () => {
    server.answer(
      script(({ method, query }, response) => {
        if (method === 'PATCH') json(response, 200, rawConfigMap('a', '10'));
        else if (query.has('watch')) response.writeHead(200).flushHeaders();
        else json(response, 200, { metadata: { resourceVersion: '9' }, items: [] });
      }),
    );
    objects = make();
    await objects.start(new AbortController().signal);
    const metadata = { name: 'a', namespace: 'team-a' };
    await objects.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
    expect(objects.cache.get({ kind: 'ConfigMap', ...metadata })).to.equal(undefined);
  });

  it('take out of a Deployment what others added, and leave what an admission rule puts in again', async () => {
    const spec = { template: { spec: { containers: [{ name: 'gateway', image: 'gateway:1' }] } } };
    const containers = [...spec.template.spec.containers, { name: 'injected', image: 'proxy:1' }];
    const metadata = { name: 'a', namespace: 'team-a' };
    const answer = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        ...metadata,
        uid: 'uid-a',
        resourceVersion: '10',
        creationTimestamp: '2026-01-02T03:04:05Z',
      },
      spec: { template: { spec: { containers } } },
    };
    server.answer((_, response) => json(response, 200, answer));
    objects = make();
    const left = await objects.apply({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec });
    expect(left.spec).to.deep.equal(answer.spec);
    const { uid, resourceVersion } = left.metadata;
    expect(server.requests.map(({ method }) => method)).to.deep.equal(['PATCH', 'PATCH']);
    expect(JSON.parse(server.requests[1]!.body)).to.deep.equal({ metadata: { uid, resourceVersion }, spec });
  });

  it('take out first what others added where the whole is refused for it', async () => {
    const spec = { template: { spec: { containers: [{ name: 'gateway', image: 'gateway:1' }] } } };
    const containers = [...spec.template.spec.containers, { name: 'sidecar', image: 'proxy:1' }];
    const metadata = { name: 'a', namespace: 'team-a', uid: 'uid-a' };
    const stored = (content: object): object => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...metadata, resourceVersion: '10', creationTimestamp: '2026-01-02T03:04:05Z' },
      spec: content,
    });
    const calls: string[] = [];
    let trimmed = false;
    server.answer(({ method, headers }, response) => {
      const type = String(headers['content-type']);
      calls.push(
        `${method} ${type.includes('apply') ? 'apply' : type.includes('merge') ? 'merge' : ''}`.trim(),
      );
      if (method === 'GET') return json(response, 200, stored({ template: { spec: { containers } } }));
      if (type.includes('merge')) trimmed = true;
      if (!trimmed) return json(response, 403, status(403, 'Forbidden', 'containers have no privileges'));
      json(response, 200, stored(spec));
    });
    objects = make();
    const intent = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec };
    expect((await objects.apply(intent)).spec).to.deep.equal(spec);
    expect(calls).to.deep.equal(['PATCH apply', 'GET', 'PATCH merge', 'PATCH apply']);
    // Another object of the name, or one that is refused for what is ours.
    trimmed = false;
    for (const other of [
      { ...intent, metadata: { ...metadata, uid: 'uid-b' } },
      { ...intent, spec: { template: { spec: { containers } } } },
    ]) {
      const refusal = await objects.apply(other).catch((error: Error) => error.message);
      expect(refusal).to.contain('containers have no privileges');
    }
    expect(trimmed).to.equal(false);
  });

  it('annotate the pod that was meant, and not one that took its name', async () => {
    server.answer((_, response) => json(response, 200, { ...rawConfigMap('p', '7'), kind: 'Pod' }));
    objects = make();
    const annotations = { 'example.com/at': '1' };
    await objects.annotate({ namespace: 'team-a', name: 'p', uid: 'uid-p' }, annotations);
    const [{ method, path, body }] = server.requests as [(typeof server.requests)[number]];
    expect(`${method} ${path}`).to.equal('PATCH /api/v1/namespaces/team-a/pods/p');
    expect(JSON.parse(body)).to.deep.equal({ metadata: { uid: 'uid-p', annotations } });
  });
});
