import { expect } from 'chai';
import fc from 'fast-check';
import { KubeCache } from '../../../operator/kube/store.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import type { KubeObject } from '../../../operator/runtime/objects.ts';
import { configMap } from '../../fakes/kube-objects.ts';

interface Told {
  name: string;
  now: string | undefined;
  before: string | undefined;
}

function watched(): { cache: KubeCache; told: Told[] } {
  const cache = new KubeCache(silentLog);
  const told: Told[] = [];
  cache.onChange((ref, object, previous) =>
    told.push({
      name: ref.name,
      now: object?.metadata.resourceVersion,
      before: previous?.metadata.resourceVersion,
    }),
  );
  return { cache, told };
}

const names = (objects: readonly KubeObject[]): string[] =>
  objects.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);

describe('cache of an API server', () => {
  it('tells of what came, changed and went, with what was there before', () => {
    const { cache, told } = watched();
    cache.put(configMap('a', '1'));
    cache.put(configMap('a', '2', { data: { x: '1' } }));
    cache.remove({ kind: 'ConfigMap', namespace: 'team-a', name: 'a' });
    cache.remove({ kind: 'ConfigMap', namespace: 'team-a', name: 'a' });
    expect(told).to.deep.equal([
      { name: 'a', now: '1', before: undefined },
      { name: 'a', now: '2', before: '1' },
      { name: 'a', now: undefined, before: '2' },
    ]);
  });

  it('keeps a version that changes nothing else, and tells nobody', () => {
    const { cache, told } = watched();
    cache.put(configMap('a', '1'));
    cache.put(configMap('a', '2'));
    expect(told).to.have.length(1);
    expect(cache.list('ConfigMap')[0]?.metadata.resourceVersion).to.equal('2');
  });

  it('tells of an object that took the name of another', () => {
    const { cache, told } = watched();
    cache.put(configMap('a', '1', { uid: 'first' }));
    cache.put(configMap('a', '1', { uid: 'second' }));
    expect(told).to.have.length(2);
  });

  it('lists in order of namespace and name, as one string', () => {
    const { cache } = watched();
    for (const [namespace, name] of [
      ['b', 'a'],
      ['a-b', 'z'],
      ['a', 'b'],
      ['a', 'a'],
    ] as const) {
      cache.put(configMap(name, '1', { namespace, uid: `${namespace}-${name}` }));
    }
    expect(names(cache.list('ConfigMap'))).to.deep.equal(['a-b/z', 'a/a', 'a/b', 'b/a']);
    expect(names(cache.list('ConfigMap', 'a'))).to.deep.equal(['a/a', 'a/b']);
    expect(cache.list('ConfigMap', 'c')).to.deep.equal([]);
    expect(cache.list('Secret')).to.deep.equal([]);
  });

  it('gives lists that do not change when the cache does', () => {
    const { cache } = watched();
    cache.put(configMap('a', '1'));
    const before = cache.list('ConfigMap', 'team-a');
    cache.put(configMap('b', '2'));
    expect(names(before)).to.deep.equal(['team-a/a']);
    expect(() => (before as KubeObject[]).push(configMap('c', '3'))).to.throw(TypeError);
    expect(names(cache.list('ConfigMap', 'team-a'))).to.deep.equal(['team-a/a', 'team-a/b']);
  });

  it('goes on when a listener throws', () => {
    const cache = new KubeCache(silentLog);
    cache.onChange(() => {
      throw new Error('a bug');
    });
    let heard = 0;
    cache.onChange(() => heard++);
    cache.replace('ConfigMap', undefined, [configMap('a', '1'), configMap('b', '2')]);
    expect(heard).to.equal(2);
    expect(cache.list('ConfigMap')).to.have.length(2);
  });

  it('replaces one namespace without touching the others', () => {
    const { cache, told } = watched();
    cache.replace('ConfigMap', 'a', [configMap('x', '1', { namespace: 'a' })]);
    cache.replace('ConfigMap', 'b', [configMap('y', '2', { namespace: 'b' })]);
    cache.replace('ConfigMap', 'a', []);
    expect(names(cache.list('ConfigMap'))).to.deep.equal(['b/y']);
    expect(told).to.have.length(3);
  });

  it('holds after a replacement exactly what the list had, and told of exactly the differences', () => {
    // Name, version and uid of a few objects, so that lists overlap.
    const item = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      namespace: fc.constantFrom('n', 'm'),
      version: fc.constantFrom('1', '2', '3'),
      uid: fc.constantFrom('u', 'v'),
    });
    const list = fc.uniqueArray(item, { selector: ({ name, namespace }) => `${namespace}/${name}` });
    fc.assert(
      fc.property(fc.array(list), (lists) => {
        const cache = new KubeCache(silentLog);
        const seen = new Map<string, string>();
        let tells = 0;
        cache.onChange((ref, object) => {
          tells++;
          const key = `${ref.namespace}/${ref.name}`;
          if (object === undefined) seen.delete(key);
          else seen.set(key, `${object.metadata.uid} ${object.data?.['v']}`);
        });
        let before = new Map<string, string>();
        for (const wanted of lists) {
          const objects = wanted.map(({ name, version, ...more }) =>
            configMap(name, version, { ...more, data: { v: version } }),
          );
          tells = 0;
          cache.replace('ConfigMap', undefined, objects);
          const now = new Map(
            wanted.map((o): [string, string] => [`${o.namespace}/${o.name}`, `${o.uid} ${o.version}`]),
          );
          const keys = new Set([...before.keys(), ...now.keys()]);
          const differences = [...keys].filter((key) => before.get(key) !== now.get(key)).length;
          expect(tells).to.equal(differences);
          expect(new Map([...seen].sort())).to.deep.equal(new Map([...now].sort()));
          expect(names(cache.list('ConfigMap'))).to.deep.equal([...now.keys()].sort());
          before = now;
        }
      }),
    );
  });
});
