import { expect } from 'chai';
import { MANAGED_BY } from '../../operator/render/labels.ts';
import {
  type KubeObject,
  type Manifest,
  type ObjectClient,
  ObjectError,
  refOf,
} from '../../operator/runtime/objects.ts';
import { eventually } from '../fakes/folder.ts';

export interface Held {
  client: ObjectClient;
  namespace: string;
  /** Whether what an object owned is deleted with it. */
  collects: boolean;
}

/**
 * What controllers rely on, whatever holds the objects: files of a folder, or an API server. Called in a `describe`;
 * `held` is asked once the tests run.
 */
export function objectClientContract(held: () => Held): void {
  const apiVersion = 'governance.keeptrusts.com/v1alpha1';
  let count = 0;
  let name: string;
  beforeEach(() => {
    name = `c${++count}`;
  });

  const client = (): ObjectClient => held().client;
  const meta = (more: Partial<Manifest['metadata']> = {}): Manifest['metadata'] => ({
    name,
    namespace: held().namespace,
    ...more,
  });
  const target = (spec: object = {}, more: Partial<Manifest['metadata']> = {}): Manifest => ({
    apiVersion,
    kind: 'ProviderTarget',
    metadata: meta(more),
    spec: { provider: 'mock', ...spec },
  });
  const ready = (message: string): Manifest => {
    const lastTransitionTime = '2026-01-02T03:04:05Z';
    const condition = { type: 'Ready', status: 'True', reason: 'Programmed', message, lastTransitionTime };
    const { spec: _, ...rest } = target();
    return { ...rest, status: { observedGeneration: 1, conditions: [condition] } };
  };
  const configMap = (data: Record<string, string>, owner?: KubeObject): Manifest => {
    const ownerReferences =
      owner === undefined
        ? {}
        : {
            ownerReferences: [
              { apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid },
            ],
          };
    const labels = { 'app.kubernetes.io/managed-by': MANAGED_BY };
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta({ labels, ...ownerReferences }), data };
  };
  const ref = (kind = 'ProviderTarget') => ({ kind, namespace: held().namespace, name });

  async function refusal(work: Promise<unknown>): Promise<ObjectError> {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ObjectError);
    return error as ObjectError;
  }

  it('makes an object with its defaults, its identity and a first generation', async () => {
    const made = await client().apply(target({ models: [{ name: 'm' }] }, { labels: { a: 'b' } }));
    expect(made).to.deep.include({ apiVersion, kind: 'ProviderTarget' });
    expect(made.spec).to.deep.equal({
      provider: 'mock',
      transport: 'Tls',
      rejectsStreamOptions: false,
      models: [{ name: 'm' }],
    });
    const { uid, resourceVersion, creationTimestamp, ...rest } = made.metadata;
    expect([uid, resourceVersion].filter((value) => value === '')).to.deep.equal([]);
    expect(creationTimestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(rest).to.deep.equal({ ...meta(), generation: 1, labels: { a: 'b' } });
    expect(await client().read(ref())).to.deep.equal(made);
  });

  it('reads nothing where nothing is', async () => {
    expect(await client().read(ref())).to.equal(undefined);
  });

  it('leaves an object alone that is applied a second time', async () => {
    const first = await client().apply(target());
    expect(await client().apply(target())).to.deep.equal(first);
  });

  it('counts a generation where the spec changed, and only there', async () => {
    const made = await client().apply(target());
    const labelled = await client().apply(target({}, { labels: { a: 'b' }, annotations: { c: 'd' } }));
    expect(labelled.metadata.generation).to.equal(1);
    expect(labelled.metadata.resourceVersion).to.not.equal(made.metadata.resourceVersion);
    const edited = await client().apply(target({ baseUrl: undefined, models: [{ name: 'm' }] }));
    expect(edited.metadata).to.include({ generation: 2, uid: made.metadata.uid });
  });

  it('gives up what the next apply leaves out', async () => {
    await client().apply(
      target({ models: [{ name: 'm' }] }, { labels: { a: 'b' }, annotations: { c: 'd' } }),
    );
    const { metadata, spec } = await client().apply(target());
    expect(spec).to.deep.equal({ provider: 'mock', transport: 'Tls', rejectsStreamOptions: false });
    expect(metadata.labels ?? {}).to.deep.equal({});
    expect(metadata.annotations ?? {}).to.deep.equal({});
  });

  it('writes a status beside the spec, which neither touches', async () => {
    const made = await client().apply(target());
    const told = await client().applyStatus(ready('one'));
    expect(told.metadata).to.include({ generation: 1, uid: made.metadata.uid });
    expect(told.spec).to.deep.equal(made.spec);
    expect(told.status).to.deep.equal(ready('one').status);
    expect(await client().applyStatus(ready('one'))).to.deep.equal(told);
    const edited = await client().apply({
      ...target({ models: [{ name: 'm' }] }),
      status: { observedGeneration: 7 },
    });
    expect(edited.status).to.deep.equal(told.status);
    const again = await client().applyStatus({ ...ready('two'), status: { observedGeneration: 2 } });
    expect(again.status).to.deep.equal({ observedGeneration: 2 });
  });

  it('refuses what the schema refuses, in the same words, and keeps what was', async () => {
    const made = await client().apply(target());
    const wrong = await refusal(client().apply(target({ transport: 'Plain' })));
    expect(wrong.reason).to.equal('Invalid');
    expect(wrong.message).to.include(
      'spec.transport: Unsupported value: "Plain": supported values: "Tls", "PlainText"',
    );
    const misspelt = await refusal(client().apply(target({ baseUri: 'x' })));
    expect(misspelt.reason).to.equal('Invalid');
    expect(misspelt.message).to.include('spec.baseUri');
    const rule = await refusal(client().apply(target({ baseUrl: 'https://llm.example.com' })));
    expect(rule.message).to.include(
      'spec.provider: Invalid value: the built-in mock takes neither baseUrl nor credentialSecretRef',
    );
    expect(await client().read(ref())).to.deep.equal(made);
  });

  it('refuses a status of nothing', async () => {
    expect((await refusal(client().applyStatus(ready('one')))).reason).to.equal('NotFound');
  });

  it('writes to no other object that took the name', async () => {
    const made = await client().apply(target());
    const other = { uid: '00000000-0000-4000-8000-000000000000' };
    expect((await refusal(client().apply(target({}, other)))).reason).to.equal('Conflict');
    const told = ready('one');
    const late = { ...told, metadata: { ...told.metadata, ...other } };
    expect((await refusal(client().applyStatus(late))).reason).to.equal('Conflict');
    expect((await refusal(client().delete(ref(), other.uid))).reason).to.equal('Conflict');
    // An API server writes the status, and whose it was shows only then.
    const left = await client().read(ref());
    expect(left?.metadata).to.include({ uid: made.metadata.uid, generation: 1 });
    expect(left?.spec).to.deep.equal(made.spec);
  });

  it('deletes by uid, is content when the object is gone, and makes another one under its name', async () => {
    const { metadata } = await client().apply(target());
    await client().delete(ref(), metadata.uid);
    await client().delete(ref(), metadata.uid);
    expect(await client().read(ref())).to.equal(undefined);
    const next = await client().apply(target());
    expect(next.metadata.generation).to.equal(1);
    expect(next.metadata.uid).to.not.equal(metadata.uid);
  });

  it('tells of an object that is too large', async () => {
    const error = await refusal(client().apply(configMap({ text: 'x'.repeat(1_100_000) })));
    expect(error.reason).to.equal('TooLarge');
  });

  it('shows each change in the cache, with what was there before', async () => {
    const changes: string[] = [];
    client().cache.onChange((changed, object, previous) => {
      if (changed.name !== name) return;
      const state = (one: KubeObject | undefined): string => JSON.stringify(one?.data?.['a'] ?? null);
      changes.push(`${state(previous)} → ${state(object)}`);
    });
    const cached = (): KubeObject | undefined => client().cache.get(ref('ConfigMap'));
    const made = await client().apply(configMap({ a: '1' }));
    await eventually(() => cached() !== undefined, 'the new object in the cache');
    expect(cached()).to.deep.equal(made);
    expect(client().cache.list('ConfigMap', held().namespace)).to.deep.include(made);
    expect(client().cache.list('ConfigMap', 'elsewhere')).to.deep.equal([]);
    await client().apply(configMap({ a: '2' }));
    await eventually(() => cached()?.data?.['a'] === '2', 'the change in the cache');
    await client().delete(refOf(made), made.metadata.uid);
    await eventually(() => cached() === undefined, 'the end of the object in the cache');
    expect(changes).to.deep.equal(['null → "1"', '"1" → "2"', '"2" → null']);
  });

  it('hands out objects that cannot be changed', async () => {
    const made = await client().apply(configMap({ a: '1' }));
    await eventually(() => client().cache.get(refOf(made)) !== undefined, 'the object in the cache');
    const cached = client().cache.get(refOf(made))!;
    expect(() => {
      cached.data!['a'] = 'changed';
    }).to.throw(TypeError);
  });

  it('deletes what an object owned after it', async function () {
    if (!held().collects) this.skip();
    this.timeout(30_000);
    const owner = await client().apply(target());
    const owned = await client().apply(configMap({ a: '1' }, owner));
    await client().delete(refOf(owner), owner.metadata.uid);
    await eventually(async () => (await client().read(refOf(owned))) === undefined, 'the collection', 20_000);
  });
}
