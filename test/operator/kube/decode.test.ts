import { expect } from 'chai';
import { decodeObject } from '../../../operator/kube/decode.ts';
import { resourceOf } from '../../../operator/kube/resources.ts';
import { rawConfigMap } from '../../fakes/kube-objects.ts';

describe('an object of the API server', () => {
  it('loses what only other writers need, and keeps every other field, known or not', () => {
    const raw = rawConfigMap('a', '5', { data: { key: 'value' } });
    const metadata = {
      ...(raw['metadata'] as object),
      managedFields: [{ manager: 'kubectl' }],
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', ours: 'x' },
      deletionTimestamp: '2026-01-02T03:04:05Z',
    };
    const object = decodeObject({ ...raw, metadata, brandNew: [1] }, resourceOf('ConfigMap'));
    expect(object.metadata).to.not.have.property('managedFields');
    expect(object.metadata.annotations).to.deep.equal({ ours: 'x' });
    expect(object.metadata).to.have.property('deletionTimestamp');
    expect(object).to.have.deep.property('brandNew', [1]);
    expect(object.data).to.deep.equal({ key: 'value' });
  });

  it('gets the kind that items of a list lack', () => {
    const { kind: _k, apiVersion: _a, ...item } = rawConfigMap('a', '5');
    expect(decodeObject(item, resourceOf('ConfigMap'))).to.include({ kind: 'ConfigMap', apiVersion: 'v1' });
  });

  it('that is a pod keeps who it is, and whether it runs and serves: not what it is made of, nor when it was probed', () => {
    const { data: _, ...raw } = rawConfigMap('a', '5');
    const ready = { type: 'Ready', status: 'True', lastProbeTime: '2026-01-02T03:04:05Z' };
    const status = {
      phase: 'Running',
      podIP: '10.0.0.1',
      conditions: [{ type: 'Initialized', status: 'True' }, ready],
    };
    const pod = { ...raw, kind: 'Pod', spec: { containers: [] }, status };
    expect(decodeObject(pod, resourceOf('Pod'))).to.deep.include({
      status: { phase: 'Running', ready: true },
    });
    expect(decodeObject(pod, resourceOf('Pod'))).to.not.have.property('spec');
    const waiting = { ...pod, status: { ...status, conditions: [{ ...ready, status: 'False' }] } };
    expect(decodeObject(waiting, resourceOf('Pod')).status).to.deep.equal({ phase: 'Running', ready: false });
    expect(decodeObject({ ...pod, status: {} }, resourceOf('Pod')).status).to.deep.include({ ready: false });
  });

  it('that is a pod says why it cannot run, in the same words while its kubelet tries again', () => {
    const { data: _, ...raw } = rawConfigMap('a', '5');
    const of = (status: object) => decodeObject({ ...raw, kind: 'Pod', status }, resourceOf('Pod')).status;
    const waiting = (reason: string) => of({ containerStatuses: [{ state: { waiting: { reason } } }] });
    expect(waiting('ErrImagePull')).to.include({ obstacle: 'its image cannot be had' });
    expect(waiting('ImagePullBackOff')).to.deep.equal(waiting('ErrImagePull'));
    expect(waiting('CrashLoopBackOff')).to.include({ obstacle: 'its container ends again and again' });
    expect(waiting('ContainerCreating')).to.not.have.property('obstacle');
    const scheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' };
    expect(of({ conditions: [scheduled] })).to.include({ obstacle: 'no node has room for it' });
  });

  it('cannot be changed by whoever gets it', () => {
    const object = decodeObject(rawConfigMap('a', '5', { data: { key: 'v' } }), resourceOf('ConfigMap'));
    expect(() => Object.assign(object.data!, { key: 'w' })).to.throw(TypeError);
    expect(() => Object.assign(object.metadata, { name: 'b' })).to.throw(TypeError);
  });
});
