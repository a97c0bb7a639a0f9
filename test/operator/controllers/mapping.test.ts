import { expect } from 'chai';
import { gatewayKeys } from '../../../operator/controllers/mapping.ts';
import { LocalCache } from '../../../operator/local/object-cache.ts';
import { standardLabels } from '../../../operator/render/labels.ts';
import type { KubeObject } from '../../../operator/runtime/objects.ts';
import { cached } from '../../fakes/cached.ts';

type Meta = Partial<KubeObject['metadata']>;
const child = (meta: Meta = {}, content: object = {}): KubeObject => {
  const object = cached('ConfigMap', 'keeptrusts-default', content);
  return { ...object, metadata: { ...object.metadata, labels: standardLabels('default'), ...meta } };
};

describe('keys of the gateways that a change concerns', () => {
  const cache = new LocalCache();
  const keys = (object: KubeObject | undefined, previous: KubeObject | undefined): string[] => {
    const { kind, metadata } = (object ?? previous)!;
    return gatewayKeys(cache, { kind, namespace: metadata.namespace, name: metadata.name }, object, previous);
  };

  it('are its gateway’s for a child that comes, goes or is another than before', () => {
    expect(keys(child(), undefined)).to.deep.equal(['team-a/default']);
    expect(keys(undefined, child())).to.deep.equal(['team-a/default']);
    expect(keys(child({}, { data: { a: 'b' } }), child())).to.deep.equal(['team-a/default']);
    expect(keys(child({ annotations: { a: 'b' } }), child())).to.deep.equal(['team-a/default']);
    expect(keys(child({ ownerReferences: [] }), child())).to.deep.equal(['team-a/default']);
  });

  it('are none for a status, or for a write that changed nothing', () => {
    expect(keys(child({}, { status: { ready: 1 } }), child())).to.deep.equal([]);
    expect(keys(child({ resourceVersion: '99999' }), child())).to.deep.equal([]);
    const policy = cached('GovernancePolicy', 'p', { spec: {} });
    expect(keys({ ...policy, status: {} }, policy)).to.deep.equal([]);
    const noted = { ...policy, metadata: { ...policy.metadata, annotations: { note: 'x' } } };
    expect(keys(noted, policy)).to.deep.equal([]);
  });

  it('are told by the name where a hand changed the label, and by both labels', () => {
    const { 'governance.keeptrusts.com/gateway': _, ...labels } = standardLabels('default');
    expect(keys(child({ labels }), child())).to.deep.equal(['team-a/default']);
    expect(keys(child({ labels: standardLabels('other') }), child()).sort()).to.deep.equal([
      'team-a/default',
      'team-a/other',
    ]);
  });

  it('are none for objects of other kinds', () => {
    expect(keys(cached('Secret', 'keeptrusts-default'), undefined)).to.deep.equal([]);
  });

  it('are the implicit gateway’s for the first object of a namespace, since there may be something to say of it', () => {
    expect(keys(cached('GovernancePolicy', 'p', { spec: {} }), undefined)).to.deep.equal(['team-a/default']);
  });
});
