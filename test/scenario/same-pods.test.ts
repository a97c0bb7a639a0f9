import { expect } from 'chai';
import type { Cluster } from '../../hack/delivery/cluster.ts';
import { Images } from '../cluster/scenario/image.ts';
import { Place } from '../cluster/scenario/place.ts';
import { samePods } from '../cluster/scenario/steps/pods.ts';

interface Seen {
  name: string;
  ready?: boolean;
  restarts?: number;
  ends?: boolean;
}

const podOf = ({ name, ready = true, restarts = 0, ends = false }: Seen): object => ({
  metadata: { name, uid: `uid-${name}`, ...(ends ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
  status: {
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    containerStatuses: [{ restartCount: restarts }],
  },
});

describe('pods that scenarios remember', () => {
  let place: Place;
  /** What each look at them sees; the last is seen again and again. */
  let looks: Seen[][];

  beforeEach(async () => {
    const must = async (): Promise<object> => ({
      items: (looks.length > 1 ? looks.shift()! : looks[0]!).map(podOf),
    });
    place = new Place({ cluster: { must } as unknown as Cluster, images: new Images({}) }, '', 'here');
    looks = [[{ name: 'one' }, { name: 'two' }]];
    await samePods(place, 'remember', 'here');
  });
  const expected = (): Promise<string> =>
    samePods(place, 'expect', 'here').then(
      () => '',
      (error: Error) => error.message,
    );

  it('are the same while one of them is not ready for a moment', async () => {
    const busy = [{ name: 'one' }, { name: 'two', ready: false }];
    looks = [busy, busy, [{ name: 'one' }, { name: 'two' }]];
    expect(await expected()).to.equal('');
  });

  it('are not the same once one was restarted, also while it is looked whether they are ready', async () => {
    looks = [[{ name: 'one' }, { name: 'two', restarts: 1 }]];
    expect(await expected()).to.include('two restarted 1 times');
    looks = [
      [{ name: 'one' }, { name: 'two', ready: false }],
      [{ name: 'one' }, { name: 'two', restarts: 1 }],
    ];
    expect(await expected()).to.include('two restarted 1 times');
  });

  it('are not the same with another beside them, ready or not, or with one less', async () => {
    looks = [[{ name: 'one' }, { name: 'two' }, { name: 'three', ready: false }]];
    expect(await expected()).to.include('three restarted 0 times');
    looks = [[{ name: 'one' }, { name: 'two', ends: true }]];
    expect(await expected()).to.equal(
      'the pods were one restarted 0 times,two restarted 0 times, and are one restarted 0 times',
    );
  });

  it('are replaced when none of them is left', async () => {
    looks = [[{ name: 'three' }, { name: 'two', ends: true }]];
    await samePods(place, 'replaced', 'here');
    looks = [[{ name: 'three' }, { name: 'two' }]];
    const told = await samePods(place, 'replaced', 'here').then(() => '', String);
    expect(told).to.include('1 of 2 pods are those of before');
  });
});
