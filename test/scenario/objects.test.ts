import { expect } from 'chai';
import { mismatch, objectPath } from '../cluster/scenario/objects.ts';

describe('what a scenario expects of an object', () => {
  it('holds where the object has more', () => {
    expect(mismatch({ spec: { replicas: 1, paused: false } }, { spec: { replicas: 1 } })).to.equal(null);
    expect(mismatch({}, { spec: { replicas: 1 } })).to.equal('.spec is undefined');
    expect(mismatch({ spec: { replicas: 2 } }, { spec: { replicas: 1 } })).to.equal(
      '.spec.replicas is 2, not 1',
    );
  });

  it('holds of nothing where the object has none', () => {
    expect(mismatch({ spec: {} }, { spec: { paused: null } })).to.equal(null);
    expect(mismatch({ spec: { paused: true } }, { spec: { paused: null } })).to.equal(
      '.spec.paused is true, not null',
    );
  });

  it('holds of a list where some element is like each that is named', () => {
    const found = [
      { type: 'Ready', status: 'True' },
      { type: 'Accepted', status: 'False' },
    ];
    expect(mismatch(found, [{ type: 'Accepted', status: 'False' }])).to.equal(null);
    expect(mismatch(found, [{ type: 'Ready', status: 'False' }])).to.match(/^\[0\]: nothing like it in /);
    expect(mismatch(undefined, [{ type: 'Ready' }])).to.match(/^\[0\]: nothing like it/);
  });

  it('holds of a text with a text in it', () => {
    expect(mismatch({ data: { file: 'one two' } }, { data: { file: { contains: 'two' } } })).to.equal(null);
    expect(mismatch({ data: {} }, { data: { file: { contains: 'two' } } })).to.equal(
      ".data.file lacks 'two'",
    );
  });

  it('finds objects of namespaces, and namespaces', () => {
    expect(objectPath('deployment/web', 'shop')).to.equal('/apis/apps/v1/namespaces/shop/deployments/web');
    expect(objectPath('namespace/shop', 'other')).to.equal('/api/v1/namespaces/shop');
    expect(objectPath('pod', 'shop')).to.equal('/api/v1/namespaces/shop/pods');
    expect(() => objectPath('ingress/web', 'shop')).to.throw('ingress');
  });
});
