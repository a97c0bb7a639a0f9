import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { KubeClient } from '../../../operator/kube/client.ts';
import { type Kube, loadKube } from '../../../operator/kube/config.ts';
import type { KubeError } from '../../../operator/kube/errors.ts';
import { WATCHED } from '../../../operator/kube/resources.ts';
import type { WatchEvent } from '../../../operator/kube/watch-events.ts';
import { systemClock } from '../../../operator/runtime/clock.ts';
import type { Manifest } from '../../../operator/runtime/objects.ts';
import { eventually } from '../../fakes/folder.ts';
import { rawConfigMap } from '../../fakes/kube-objects.ts';
import { noKubeMetrics } from '../../fakes/no-kube-metrics.ts';
import { json, ScriptedServer, type SeenRequest, status } from '../../fakes/scripted-server.ts';

const CONFIG_MAPS = WATCHED.find(({ kind }) => kind === 'ConfigMap')!;
const REF = { kind: 'ConfigMap', namespace: 'team-a', name: 'x' };
const MANIFEST: Manifest = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'x', namespace: 'team-a' },
  data: { key: 'value' },
};

const failureOf = (work: Promise<unknown>): Promise<KubeError> =>
  work.then(
    () => expect.fail('it succeeded'),
    (error: KubeError) => error,
  );

/** A list as the API server sends it: its items name no kind. */
function page(names: readonly string[], more = ''): object {
  const items = names.map((name) => {
    const { kind: _k, apiVersion: _a, ...item } = rawConfigMap(name, '5');
    return item;
  });
  return { kind: 'ConfigMapList', metadata: { resourceVersion: '100', continue: more }, items };
}

function line(response: ServerResponse, event: object): void {
  response.write(`${JSON.stringify(event)}\n`);
}

describe('client of an API server', () => {
  let server: ScriptedServer;
  let kube: Kube;
  let client: KubeClient;

  const last = (): SeenRequest => server.requests.at(-1)!;

  before(async () => {
    server = await ScriptedServer.start(() => {});
    kube = await loadKube({ kubeconfig: server.kubeconfig({ token: 't' }) });
    client = new KubeClient(kube, { clock: systemClock, random: Math.random, metrics: noKubeMetrics });
  });
  beforeEach(() => {
    server.requests.length = 0;
    server.answer((_, response) => json(response, 200, rawConfigMap('x', '6')));
  });
  after(async () => {
    await kube.close();
    await server.stop();
  });

  it('gets one object, or none', async () => {
    expect((await client.get(REF))?.metadata.resourceVersion).to.equal('6');
    expect(last()).to.include({ method: 'GET', path: '/api/v1/namespaces/team-a/configmaps/x' });
    server.answer((_, response) => json(response, 404, status(404, 'NotFound', 'configmaps "x" not found')));
    expect(await client.get(REF)).to.equal(undefined);
  });

  it('applies as one manager, by force, strictly, with the media type of an apply, and no status', async () => {
    await client.apply({ ...MANIFEST, status: { ignored: true } });
    const { method, path, query, headers, body } = last();
    expect({ method, path }).to.deep.equal({
      method: 'PATCH',
      path: '/api/v1/namespaces/team-a/configmaps/x',
    });
    expect(Object.fromEntries(query)).to.deep.equal({
      fieldManager: 'keeptrusts-operator',
      force: 'true',
      fieldValidation: 'Strict',
    });
    expect(headers['content-type']).to.equal('application/apply-patch+yaml');
    expect(JSON.parse(body)).to.deep.equal(MANIFEST);
  });

  it('applies a status as another manager, with nothing but the status', async () => {
    await client.applyStatus({ ...MANIFEST, status: { ready: true } });
    const { path, query, body } = last();
    expect(path).to.equal('/api/v1/namespaces/team-a/configmaps/x/status');
    expect(query.get('fieldManager')).to.equal('keeptrusts-operator-status');
    const { data: _, ...rest } = MANIFEST;
    expect(JSON.parse(body)).to.deep.equal({ ...rest, status: { ready: true } });
    const held = (uid: string): Manifest => ({
      ...MANIFEST,
      metadata: { ...MANIFEST.metadata, uid },
      status: {},
    });
    await client.applyStatus(held('uid-x'));
    expect(JSON.parse(last().body).metadata).to.deep.equal({ name: 'x', namespace: 'team-a', uid: 'uid-x' });
    // The server answers with the object that has the name.
    expect((await failureOf(client.applyStatus(held('earlier')))).reason).to.equal('Conflict');
  });

  it('deletes the object with the uid, and is content when it is gone', async () => {
    await client.delete(REF, 'uid-x');
    expect(last().method).to.equal('DELETE');
    expect(JSON.parse(last().body).preconditions).to.deep.equal({ uid: 'uid-x' });
    server.answer((_, response) => json(response, 404, status(404, 'NotFound', 'gone')));
    await client.delete(REF, 'uid-x');
    server.answer((_, response) => json(response, 409, status(409, 'Conflict', 'another uid')));
    expect((await failureOf(client.delete(REF, 'uid-x'))).reason).to.equal('Conflict');
  });

  it('creates, and replaces over the version that was read', async () => {
    const created = await client.create(MANIFEST);
    expect(last()).to.include({ method: 'POST', path: '/api/v1/namespaces/team-a/configmaps' });
    await client.replace(created);
    expect(last()).to.include({ method: 'PUT', path: '/api/v1/namespaces/team-a/configmaps/x' });
    expect(JSON.parse(last().body).metadata.resourceVersion).to.equal('6');
  });

  it('merges changes into an object', async () => {
    await client.patch(REF, { data: { key: null } });
    expect(last().headers['content-type']).to.equal('application/merge-patch+json');
    expect(last().body).to.equal('{"data":{"key":null}}');
  });

  it('knows where kinds of groups are', async () => {
    await client.get({ kind: 'Lease', namespace: 'n', name: 'l' }).catch(() => {});
    expect(last().path).to.equal('/apis/coordination.k8s.io/v1/namespaces/n/leases/l');
  });

  describe('lists', () => {
    it('page by page, with the selector on each', async () => {
      server.answer(({ query }, response) =>
        json(response, 200, query.get('continue') === 'next' ? page(['c']) : page(['a', 'b'], 'next')),
      );
      const { objects, resourceVersion } = await client.list(CONFIG_MAPS, undefined);
      expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.deep.equal([
        'ConfigMap a',
        'ConfigMap b',
        'ConfigMap c',
      ]);
      expect(resourceVersion).to.equal('100');
      const asked = server.requests.map(({ path, query }) => [path, Object.fromEntries(query)]);
      const labelSelector = 'app.kubernetes.io/managed-by=keeptrusts-operator';
      expect(asked).to.deep.equal([
        ['/api/v1/configmaps', { limit: '500', labelSelector }],
        ['/api/v1/configmaps', { limit: '500', labelSelector, continue: 'next' }],
      ]);
    });

    it('from the beginning and in one piece, when the pages are gone', async () => {
      server.answer(({ query }, response) => {
        if (query.has('continue')) json(response, 410, status(410, 'Expired', 'too old'));
        else if (query.has('limit')) json(response, 200, page(['a'], 'next'));
        else json(response, 200, page(['b', 'c']));
      });
      const { objects } = await client.list(CONFIG_MAPS, 'team-a');
      expect(objects.map(({ metadata }) => metadata.name)).to.deep.equal(['b', 'c']);
      expect(server.requests).to.have.length(3);
    });

    it('nothing, written as null', async () => {
      server.answer((_, response) =>
        json(response, 200, { metadata: { resourceVersion: '7' }, items: null }),
      );
      expect(await client.list(CONFIG_MAPS, 'team-a')).to.deep.equal({ objects: [], resourceVersion: '7' });
    });

    it('and says what to do where the kind is not defined', async () => {
      server.answer((_, response) => json(response, 404, status(404, 'NotFound', 'not found')));
      expect((await failureOf(client.list(WATCHED[0]!, undefined))).message).to.equal(
        'the API server has no kind GovernancePolicy of governance.keeptrusts.com/v1alpha1: ' +
          "apply its definition with 'kubectl apply -k crds'",
      );
    });

    const broken: [string, object][] = [
      ['without items', { metadata: { resourceVersion: '7' }, items: 5 }],
      ['without a version', { metadata: {}, items: [] }],
      ['with an item that is no object', { metadata: { resourceVersion: '7' }, items: [null] }],
    ];
    for (const [what, body] of broken) {
      it(`are refused ${what}`, async () => {
        server.answer((_, response) => json(response, 200, body));
        const error = await failureOf(client.list(CONFIG_MAPS, undefined));
        expect(error).to.include({ name: 'Malformed', reason: 'Unavailable' });
      });
    }
  });

  describe('watches', () => {
    const from = { resourceVersion: '100', timeoutSeconds: 240 };

    async function collect(signal: AbortSignal, events: WatchEvent[] = []): Promise<WatchEvent[]> {
      for await (const event of client.watch(CONFIG_MAPS, 'team-a', from, signal)) events.push(event);
      return events;
    }

    it('with bookmarks, from a version, for a time', async () => {
      server.answer((_, response) => {
        line(response, { type: 'ADDED', object: rawConfigMap('x', '101') });
        response.end();
      });
      const events = await collect(new AbortController().signal);
      expect(events.map(({ type }) => type)).to.deep.equal(['ADDED']);
      expect(Object.fromEntries(last().query)).to.deep.equal({
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: '100',
        timeoutSeconds: '240',
        labelSelector: 'app.kubernetes.io/managed-by=keeptrusts-operator',
      });
    });

    it('are refused with 410', async () => {
      server.answer((_, response) => json(response, 410, status(410, 'Expired', 'too old')));
      expect((await failureOf(collect(new AbortController().signal))).isGone).to.equal(true);
    });

    it('break when the connection does, with what came before', async () => {
      server.answer((_, response) => {
        line(response, { type: 'ADDED', object: rawConfigMap('x', '101') });
        setTimeout(() => response.destroy(), 20);
      });
      const events: WatchEvent[] = [];
      const error = await failureOf(collect(new AbortController().signal, events));
      expect(error.message).to.equal('watch ConfigMap: no answer from the API server: UND_ERR_SOCKET');
      expect(events).to.have.length(1);
    });

    it('leave no connection open, whether aborted, broken off by the reader or not understood', async () => {
      await eventually(async () => server.open <= 1, 'earlier connections');
      server.answer((_, response) => line(response, { type: 'ADDED', object: rawConfigMap('x', '101') }));
      const stop = new AbortController();
      const events: WatchEvent[] = [];
      const watching = failureOf(collect(stop.signal, events));
      await eventually(async () => events.length === 1, 'the first event');
      stop.abort(new Error('enough'));
      expect((await watching).message).to.equal('enough');
      for await (const _ of client.watch(CONFIG_MAPS, undefined, from, new AbortController().signal)) break;
      server.answer((_, response) => line(response, { type: 'what' }));
      expect((await failureOf(collect(new AbortController().signal))).name).to.equal('Malformed');
      await eventually(async () => server.open <= 1, 'the end of the connections');
    });
  });
});
