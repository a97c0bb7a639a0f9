import { expect } from 'chai';
import { KubeError } from '../../../operator/kube/errors.ts';
import { KubeLease } from '../../../operator/kube/lease.ts';
import { LeaseConflict, type LeaseRecord, LeaseRefused } from '../../../operator/runtime/lease.ts';
import type { KubeObject, Manifest } from '../../../operator/runtime/objects.ts';

const place = { namespace: 'system', name: 'operator' };
const record: LeaseRecord = {
  holder: 'a',
  note: 'store-1',
  durationMs: 15_000,
  acquiredAt: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  renewedAt: Date.UTC(2026, 0, 2, 3, 4, 7),
  transitions: 3,
};

describe('a Lease of the cluster', () => {
  let sent: Manifest[];
  let failure: KubeError | null;
  let stored: KubeObject | undefined;

  const answer = async (manifest: Manifest): Promise<KubeObject> => {
    sent.push(manifest);
    if (failure !== null) throw failure;
    return { ...manifest, metadata: { ...manifest.metadata, resourceVersion: '8' } } as KubeObject;
  };
  const client = {
    get: async () => {
      if (failure !== null) throw failure;
      return stored;
    },
    create: answer,
    replace: answer,
  };
  const lease = new KubeLease(client, place);
  const signal = new AbortController().signal;
  const thrown = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => expect.fail('it succeeded'),
      (error: Error) => error,
    );

  beforeEach(() => {
    sent = [];
    failure = null;
    stored = undefined;
  });

  it('is written as every client of leases reads it, and read back', async () => {
    const seen = await lease.create(record, signal);
    expect(seen).to.deep.equal({ record, version: '8' });
    expect(sent[0]!.spec).to.deep.equal({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-02T03:04:05.006000Z',
      renewTime: '2026-01-02T03:04:07.000000Z',
      leaseTransitions: 3,
    });
  });

  it('is written over the version that was read', async () => {
    await lease.replace(record, '7', signal);
    expect(sent[0]!.metadata).to.deep.include({ resourceVersion: '7', ...place });
  });

  it('is read also where others left members out', async () => {
    expect(await lease.read(signal)).to.equal(undefined);
    stored = { metadata: { resourceVersion: '1' } } as KubeObject;
    expect(await lease.read(signal)).to.deep.equal({
      version: '1',
      record: { holder: '', note: '', durationMs: 0, acquiredAt: 0, renewedAt: 0, transitions: 0 },
    });
  });

  it('is a conflict when it was written, made or removed meanwhile', async () => {
    failure = new KubeError(409, 'Conflict', 'changed');
    expect(await thrown(lease.replace(record, '7', signal))).to.be.instanceOf(LeaseConflict);
    failure = new KubeError(409, 'AlreadyExists', 'exists');
    expect(await thrown(lease.create(record, signal))).to.be.instanceOf(LeaseConflict);
    failure = new KubeError(404, 'NotFound', 'gone');
    expect(await thrown(lease.replace(record, '7', signal))).to.be.instanceOf(LeaseConflict);
  });

  it('is refused, with what to do, without the right or the namespace', async () => {
    failure = new KubeError(403, 'Forbidden', 'leases is forbidden');
    for (const work of [
      lease.read(signal),
      lease.create(record, signal),
      lease.replace(record, '7', signal),
    ]) {
      const error = await thrown(work);
      expect(error).to.be.instanceOf(LeaseRefused);
      expect(error.message).to.equal(
        "the lease system/operator may not be used: leases is forbidden. Grant it with 'kubectl apply -k config/rbac', or name another namespace with --lease-namespace.",
      );
    }
    failure = new KubeError(404, 'NotFound', 'namespaces "system" not found');
    expect(await thrown(lease.create(record, signal))).to.have.property(
      'message',
      'there is no namespace system for the lease: make it, or name another with --lease-namespace.',
    );
  });

  it('passes on what may go better the next time', async () => {
    failure = new KubeError(0, '', 'no answer');
    expect(await thrown(lease.read(signal))).to.equal(failure);
    failure = new KubeError(500, 'InternalError', 'etcd');
    expect(await thrown(lease.replace(record, '7', signal))).to.equal(failure);
  });
});
