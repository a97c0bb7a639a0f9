import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { API_VERSION } from '../../operator/domain/snapshot.ts';
import type { KubeError } from '../../operator/kube/errors.ts';
import { WATCHED } from '../../operator/kube/resources.ts';
import type { WatchEvent } from '../../operator/kube/watch-events.ts';
import { standardLabels } from '../../operator/render/labels.ts';
import type { KubeObject, Manifest } from '../../operator/runtime/objects.ts';
import { connect, type TestClient } from '../fakes/kube-client.ts';
import { kubectl, testCluster } from '../fakes/kubectl.ts';
import { useNamespace } from '../fakes/namespaces.ts';

const CONFIG_MAPS = WATCHED.find(({ kind }) => kind === 'ConfigMap')!;
const NEVER = new AbortController().signal;

const failureOf = (work: Promise<unknown>): Promise<KubeError> =>
  work.then(
    () => expect.fail('it succeeded'),
    (error: KubeError) => error,
  );

describe('client on a real API server', () => {
  const namespace = useNamespace('client');
  let test: TestClient;

  before(async () => {
    test = await connect();
  });
  after(() => test.kube.close());

  const configMap = (name: string, data: Record<string, string> = {}): Manifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: namespace.name, labels: standardLabels('default') },
    data,
  });
  const target = (name: string, spec: object): Manifest => ({
    apiVersion: API_VERSION,
    kind: 'ProviderTarget',
    metadata: { name, namespace: namespace.name },
    spec,
  });
  const ref = (name: string, kind = 'ConfigMap') => ({ kind, namespace: namespace.name, name });
  const stored = async (kind: string, name: string): Promise<Record<string, unknown>> =>
    JSON.parse(await namespace.kubectl(['get', kind, name, '-o', 'json', '--show-managed-fields']));

  describe('apply', () => {
    it('that changes nothing leaves the version alone, in one request', async () => {
      const first = await test.client.apply(configMap('same', { a: '1' }));
      test.requests.length = 0;
      const second = await test.client.apply(configMap('same', { a: '1' }));
      expect(second.metadata.resourceVersion).to.equal(first.metadata.resourceVersion);
      expect(test.requests).to.deep.equal(['apply ConfigMap 200']);
    });

    it('gives up a field that it leaves out, and leaves the fields of others alone', async () => {
      await test.client.apply(configMap('shared', { ours: '1', given: 'up' }));
      const patch = JSON.stringify({ data: { theirs: '1' } });
      await namespace.kubectl(['patch', 'configmap', 'shared', '--type=merge', '-p', patch]);
      const { data } = await test.client.apply(configMap('shared', { ours: '2' }));
      expect(data).to.deep.equal({ ours: '2', theirs: '1' });
    });

    it('puts back what another manager took over by force', async () => {
      await test.client.apply(configMap('taken', { ours: '1' }));
      const manifest = { ...configMap('taken', { ours: 'theirs' }) };
      const force = ['--server-side', '--force-conflicts', '--field-manager=somebody'];
      await namespace.kubectl(['apply', ...force, '-f', '-'], manifest);
      const { data } = await test.client.apply(configMap('taken', { ours: '1' }));
      expect(data).to.deep.equal({ ours: '1' });
    });

    it('refuses a field that the schema lacks, with its path', async () => {
      const bad = target('typo', { provider: 'mock', models: [{ name: 'm', maxOutputTokenz: 5 }] });
      const error = await failureOf(test.client.apply(bad));
      expect(error.reason).to.equal('Invalid');
      expect(error.message).to.match(/models.*maxOutputTokenz.*not declared in schema/);
    });

    it('refuses a value that the schema does not take, with its path and the rule’s words', async () => {
      const error = await failureOf(
        test.client.apply(target('wrong', { provider: 'mock', models: [{ name: '' }] })),
      );
      expect(error.reason).to.equal('Invalid');
      expect(error.message).to.include('spec.models[0].name');
    });

    it('of what is too large for a ConfigMap, for a request or for etcd says so', async () => {
      for (const bytes of [1_100_000, 3_500_000]) {
        const error = await failureOf(test.client.apply(configMap('large', { a: 'x'.repeat(bytes) })));
        expect(error.reason, String(bytes)).to.equal('TooLarge');
      }
    });

    it('in a namespace that is being deleted, or that is none, is told from other refusals', async () => {
      const name = `${namespace.name}-ends`;
      const inIt = (child: string) => ({
        ...configMap(child),
        metadata: { ...configMap(child).metadata, namespace: name },
      });
      const finalizers = (list: readonly string[]): Promise<string> => {
        const patch = JSON.stringify({ metadata: { finalizers: list } });
        return kubectl(['--namespace', name, 'patch', 'configmap', 'stays', '--type=merge', '-p', patch]);
      };
      expect((await failureOf(test.client.apply(inIt('early')))).reason).to.equal('Ending');
      await kubectl(['create', 'namespace', name]);
      try {
        await test.client.apply(inIt('stays'));
        await finalizers(['example.com/hold']);
        await kubectl(['delete', 'namespace', name, '--wait=false']);
        expect((await failureOf(test.client.apply(inIt('late')))).reason).to.equal('Ending');
      } finally {
        await finalizers([]);
      }
    });

    it('with a uid writes to that object alone', async () => {
      const { metadata } = await test.client.apply(configMap('exact'));
      const exact = { ...configMap('exact', { a: '1' }) };
      await test.client.apply({ ...exact, metadata: { ...exact.metadata, uid: metadata.uid } });
      const other = { ...exact.metadata, uid: '00000000-0000-0000-0000-000000000000' };
      expect((await failureOf(test.client.apply({ ...exact, metadata: other }))).reason).to.equal('Conflict');
    });
  });

  describe('apply of a status', () => {
    const status = (message: string): Manifest => ({
      ...target('judged', {}),
      status: {
        observedGeneration: 1,
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            reason: 'Accepted',
            message,
            observedGeneration: 1,
            lastTransitionTime: '2026-01-02T03:04:05Z',
          },
        ],
      },
    });

    it('is done by a manager of its own, and changes neither specification nor generation', async () => {
      await namespace.kubectl(['apply', '-f', '-'], target('judged', { provider: 'mock' }));
      const before = await test.client.get(ref('judged', 'ProviderTarget'));
      const after = await test.client.applyStatus(status('fine'));
      expect(after.metadata.generation).to.equal(before?.metadata.generation);
      expect(after.spec).to.deep.equal(before?.spec);
      const { metadata } = (await stored('ptgt', 'judged')) as {
        metadata: { managedFields: { manager: string; subresource?: string; fieldsV1: object }[] };
      };
      const ours = metadata.managedFields.filter(({ manager }) => manager.startsWith('keeptrusts-operator'));
      expect(ours.map(({ manager, subresource }) => [manager, subresource])).to.deep.equal([
        ['keeptrusts-operator-status', 'status'],
      ]);
      expect(Object.keys(ours[0]!.fieldsV1)).to.deep.equal(['f:status']);
      const again = await test.client.applyStatus(status('fine'));
      expect(again.metadata.resourceVersion).to.equal(after.metadata.resourceVersion);
    });

    it('is refused for an object that is gone, or is another by now', async () => {
      const gone = { ...status('x'), metadata: { name: 'gone', namespace: namespace.name } };
      expect((await failureOf(test.client.applyStatus(gone))).reason).to.equal('NotFound');
      const uid = '00000000-0000-0000-0000-000000000000';
      const other = { ...status('x'), metadata: { name: 'judged', namespace: namespace.name, uid } };
      expect((await failureOf(test.client.applyStatus(other))).reason).to.equal('Conflict');
    });

    it('is refused with a field that the schema lacks', async () => {
      const bad = { ...status('x'), status: { observedGenerations: 1 } };
      const error = await failureOf(test.client.applyStatus(bad));
      expect(error.reason).to.equal('Invalid');
      expect(error.message).to.include('observedGenerations');
    });
  });

  it('deletes the object with the uid and no other, and is content when it is gone', async () => {
    const { metadata } = await test.client.apply(configMap('doomed'));
    const wrong = test.client.delete(ref('doomed'), '00000000-0000-0000-0000-000000000000');
    expect((await failureOf(wrong)).reason).to.equal('Conflict');
    await test.client.delete(ref('doomed'), metadata.uid);
    await test.client.delete(ref('doomed'), metadata.uid);
    expect(await test.client.get(ref('doomed'))).to.equal(undefined);
  });

  it('of two that replace the same version, refuses one', async () => {
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'held', namespace: namespace.name },
      spec: { holderIdentity: 'a' },
    };
    const created = await test.client.create(lease);
    expect((await failureOf(test.client.create(lease))).kubeReason).to.equal('AlreadyExists');
    const by = (holderIdentity: string): KubeObject => ({ ...created, spec: { holderIdentity } });
    await test.client.replace(by('b'));
    expect((await failureOf(test.client.replace(by('c')))).reason).to.equal('Conflict');
  });

  describe('list', () => {
    it('reads 1,200 objects in three pages', async () => {
      const names = Array.from({ length: 1200 }, (_, i) => `many-${String(i).padStart(4, '0')}`);
      await Promise.all(names.map((name) => test.client.apply(configMap(name))));
      test.requests.length = 0;
      const { objects } = await test.client.list(CONFIG_MAPS, namespace.name);
      const found = objects.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('many-'));
      expect(found.sort()).to.deep.equal(names);
      expect(test.requests).to.deep.equal(Array(3).fill('list ConfigMap 200'));
    }).timeout(60_000);
  });

  describe('watch', () => {
    async function read(from: { resourceVersion: string; timeoutSeconds: number }, until = 999) {
      const events: WatchEvent[] = [];
      for await (const event of test.client.watch(CONFIG_MAPS, namespace.name, from, NEVER)) {
        events.push(event);
        if (events.length === until) break;
      }
      return events;
    }

    it('gets bookmarks of what it does not see, and ends when it was asked to', async () => {
      const { resourceVersion } = await test.client.list(CONFIG_MAPS, namespace.name);
      const began = performance.now();
      const watching = read({ resourceVersion, timeoutSeconds: 10 });
      await namespace.kubectl(['create', 'configmap', 'unseen']);
      const events = await watching;
      expect((performance.now() - began) / 1000).to.be.within(9, 25);
      // A server sends one in the last two seconds of a watch, and only when something was written since it began.
      expect(new Set(events.map(({ type }) => type))).to.deep.equal(new Set(['BOOKMARK']));
    }).timeout(40_000);

    it('goes on from the version that it saw last, without a gap and without a repetition', async () => {
      const { resourceVersion } = await test.client.list(CONFIG_MAPS, namespace.name);
      for (const value of ['1', '2', '3', '4']) await test.client.apply(configMap('counted', { value }));
      const versionOf = (event: WatchEvent | undefined): string =>
        event === undefined || event.type === 'BOOKMARK' ? '' : event.object.metadata.resourceVersion;
      const first = await read({ resourceVersion, timeoutSeconds: 10 }, 2);
      const second = await read({ resourceVersion: versionOf(first.at(-1)), timeoutSeconds: 10 }, 2);
      const values = [...first, ...second].map(
        (event) => event.type !== 'BOOKMARK' && event.object.data?.['value'],
      );
      expect(values).to.deep.equal(['1', '2', '3', '4']);
    });

    it('is refused from a version that is too old', async () => {
      // A kind of ours: the server has known it for less long than it has been there.
      const ours = WATCHED.find(({ kind }) => kind === 'ProviderTarget')!;
      const from = { resourceVersion: '1', timeoutSeconds: 5 };
      const error = await failureOf(test.client.watch(ours, namespace.name, from, NEVER).next());
      expect(error.isGone).to.equal(true);
    });
  });

  it('goes through the proxy that the kubeconfig names', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'kt-client-'));
    let tunnels = 0;
    const proxy = createServer().on('connect', ({ url = '' }, socket) => {
      tunnels++;
      const [host, port] = url.split(':');
      const server = createConnection(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        server.pipe(socket).pipe(server);
      });
      server.on('error', () => socket.destroy());
      socket.on('error', () => server.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const config = parse(readFileSync(testCluster().kubeconfig, 'utf8'));
    config.clusters[0].cluster['proxy-url'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    writeFileSync(join(dir, 'kubeconfig'), JSON.stringify(config));
    const behind = await connect(join(dir, 'kubeconfig'));
    try {
      await behind.client.list(CONFIG_MAPS, namespace.name);
      expect(tunnels).to.equal(1);
    } finally {
      await behind.kube.close();
      proxy.close();
      rmSync(dir, { recursive: true });
    }
  });

  describe('with a CA and a token in files', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kt-client-'));
    after(() => rmSync(dir, { recursive: true }));

    it('is who the token says, and may do what that one may', async () => {
      await namespace.kubectl(['create', 'serviceaccount', 'nobody']);
      const token = await namespace.kubectl(['create', 'token', 'nobody']);
      const config = parse(readFileSync(testCluster().kubeconfig, 'utf8'));
      const {
        server,
        'certificate-authority-data': ca,
        'certificate-authority': caFile,
      } = config.clusters[0].cluster;
      writeFileSync(join(dir, 'ca.crt'), ca === undefined ? readFileSync(caFile) : Buffer.from(ca, 'base64'));
      writeFileSync(join(dir, 'token'), `${token.trim()}\n`);
      const file = join(dir, 'kubeconfig');
      const written = {
        ...config,
        clusters: [{ name: 'here', cluster: { server, 'certificate-authority': 'ca.crt' } }],
        users: [{ name: 'nobody', user: { tokenFile: join(dir, 'token') } }],
        contexts: [{ name: 'here', context: { cluster: 'here', user: 'nobody' } }],
        'current-context': 'here',
      };
      writeFileSync(file, JSON.stringify(written));
      const nobody = await connect(file);
      try {
        const error = await failureOf(nobody.client.list(CONFIG_MAPS, namespace.name));
        expect(error.reason).to.equal('Forbidden');
        expect(error.message).to.include(`system:serviceaccount:${namespace.name}:nobody`);
      } finally {
        await nobody.kube.close();
      }
    });
  });
});
