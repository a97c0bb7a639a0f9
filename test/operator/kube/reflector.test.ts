import { expect } from 'chai';
import { Malformed } from '../../../operator/kube/decode.ts';
import { KubeError } from '../../../operator/kube/errors.ts';
import { Reflector } from '../../../operator/kube/reflector.ts';
import { KubeCache } from '../../../operator/kube/store.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import type { WatchEnd } from '../../../operator/runtime/metrics.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';
import { configMap } from '../../fakes/kube-objects.ts';
import { ScriptedSource, type ScriptedWatch } from '../../fakes/scripted-source.ts';

const GONE = new KubeError(410, 'Expired', 'too old resource version');
const bookmark = (resourceVersion: string) => ({ type: 'BOOKMARK', resourceVersion }) as const;

interface Setting {
  source: ScriptedSource;
  clock: FakeClock;
  cache: KubeCache;
  reflector: Reflector;
  ends: WatchEnd[];
  /** Names in the cache. */
  names(): string[];
}

const running: Reflector[] = [];

/** `random` of 0 makes the shortest waits. */
function setting(random = () => 0): Setting {
  const clock = new FakeClock();
  const source = new ScriptedSource();
  const cache = new KubeCache(silentLog);
  const ends: WatchEnd[] = [];
  const reflector = new Reflector(
    source,
    {
      replace: (objects) => cache.replace('ConfigMap', undefined, objects),
      put: (object) => cache.put(object),
      remove: (ref) => cache.remove(ref),
    },
    {
      kind: 'ConfigMap',
      clock,
      random,
      log: silentLog,
      metrics: { restarted: (_, reason) => ends.push(reason), heard: () => {} },
    },
  );
  running.push(reflector);
  const names = (): string[] => cache.list('ConfigMap').map(({ metadata }) => metadata.name);
  return { source, clock, cache, reflector, ends, names };
}

/** Started, with the first list done and its watch open. */
async function started(random?: () => number): Promise<Setting> {
  const all = setting(random);
  all.source.onList = async () => ({ objects: [configMap('a', '5')], resourceVersion: '10' });
  all.reflector.start();
  await all.reflector.synced;
  await settle();
  return all;
}

describe('reflector', () => {
  afterEach(async () => {
    for (const reflector of running.splice(0)) await reflector.stop();
  });

  it('lists, then watches from the version of the list', async () => {
    const { source, names, reflector } = await started();
    expect(names()).to.deep.equal(['a']);
    expect(source.last.resourceVersion).to.equal('10');
    expect(reflector.health()).to.deep.include({ synced: true, error: null });
  });

  it('asks for watches of fifteen to twenty seconds', async () => {
    expect((await started(() => 0)).source.last.timeoutSeconds).to.equal(15);
    expect((await started(() => 0.999)).source.last.timeoutSeconds).to.equal(20);
  });

  it('follows what comes, changes and goes', async () => {
    const { source, names, cache } = await started();
    source.last.push(
      { type: 'ADDED', object: configMap('b', '11') },
      { type: 'MODIFIED', object: configMap('b', '12', { data: { x: '1' } }) },
      { type: 'DELETED', object: configMap('a', '13') },
    );
    await settle();
    expect(names()).to.deep.equal(['b']);
    expect(cache.list('ConfigMap')[0]?.data).to.deep.equal({ x: '1' });
  });

  describe('when a watch ends', () => {
    it('goes on at once from the last version it saw, after the time that was asked for', async () => {
      const { source, clock, ends } = await started();
      source.last.push({ type: 'ADDED', object: configMap('b', '11') });
      await clock.advance(13_500);
      source.last.push(bookmark('15'));
      source.last.end();
      await settle();
      expect(source.last.resourceVersion).to.equal('15');
      expect(source.watches).to.have.length(2);
      expect(source.lists).to.equal(1);
      expect(ends).to.deep.equal(['expired']);
    });

    it('waits longer each time that it ends early, up to fifteen seconds', async () => {
      const { source, clock, ends } = await started();
      source.onWatch = (watch) => watch.end();
      source.last.end();
      await settle();
      const waits: number[] = [];
      for (let i = 0; i < 7; i++) {
        const count = source.watches.length;
        let waited = 0;
        while (source.watches.length === count) {
          await clock.advance(500);
          waited += 500;
        }
        waits.push(waited);
      }
      expect(waits).to.deep.equal([500, 1000, 2000, 4000, 7500, 7500, 7500]);
      expect(new Set(ends)).to.deep.equal(new Set(['closed']));
      expect(source.lists).to.equal(1);
    });

    it('counts it as a failure when the connection broke, and tells why', async () => {
      const { source, clock, ends, reflector } = await started();
      source.last.fail(new KubeError(0, '', 'watch ConfigMap: no answer from the API server: ECONNRESET'));
      await settle();
      expect(ends).to.deep.equal(['error']);
      expect(reflector.health().error).to.include('ECONNRESET');
      await clock.advance(500);
      expect(source.last.resourceVersion).to.equal('10');
      source.last.push(bookmark('11'));
      await settle();
      expect(reflector.health().error).to.equal(null);
    });

    it('is well again after a watch that ended in time, though nothing came', async () => {
      const { source, clock, reflector } = await started();
      source.last.fail(new Error('broken'));
      await clock.advance(500);
      await clock.advance(15_000);
      expect(reflector.health().error).to.equal('broken');
      source.last.end();
      await settle();
      expect(reflector.health()).to.deep.include({ error: null, lastEventAge: 15.5 });
    });

    it('stays unwell when a watch ends that had only begun', async () => {
      const { source, clock, reflector } = await started();
      source.last.fail(new Error('broken'));
      await clock.advance(500);
      source.last.end();
      await settle();
      expect(reflector.health().error).to.equal('broken');
    });

    it('forgets earlier failures after a watch of ten seconds', async () => {
      const { source, clock } = await started();
      for (let i = 0; i < 6; i++) {
        source.last.fail(new Error('broken'));
        await clock.advance(7500);
      }
      const count = source.watches.length;
      await clock.advance(10_000);
      source.last.fail(new Error('broken'));
      await clock.advance(500);
      expect(source.watches).to.have.length(count + 1);
    });

    it('waits for half of the time at least, and the rest by chance, so that several do not come back together', async () => {
      const waited = async (random: () => number): Promise<number[]> => {
        const { source, clock } = await started(random);
        source.onWatch = (watch) => watch.end();
        source.last.end();
        await settle();
        const waits: number[] = [];
        for (let watches = source.watches.length; waits.length < 6; watches = source.watches.length) {
          let ms = 0;
          for (; source.watches.length === watches; ms += 250) await clock.advance(250);
          waits.push(ms);
        }
        return waits;
      };
      expect(await waited(() => 0)).to.deep.equal([500, 1000, 2000, 4000, 7500, 7500]);
      expect(await waited(() => 0.5)).to.deep.equal([750, 1500, 3000, 6000, 11_250, 11_250]);
      expect(await waited(() => 0.999)).to.deep.equal([1000, 2000, 4000, 8000, 15_000, 15_000]);
    });

    it('waits for as long as the server asks, but not for ever', async () => {
      const { source, clock } = await started();
      source.last.fail(new KubeError(429, 'TooManyRequests', 'slow', 20_000));
      await clock.advance(19_999);
      expect(source.watches).to.have.length(1);
      await clock.advance(1);
      expect(source.watches).to.have.length(2);
      source.last.fail(new KubeError(429, 'TooManyRequests', 'slow', 86_400_000));
      await clock.advance(60_000);
      expect(source.watches).to.have.length(3);
    });
  });

  describe('when the version is too old', () => {
    it('lists again, and finds what was deleted meanwhile', async () => {
      const { source, clock, ends, names } = await started();
      source.onList = async () => ({ objects: [configMap('c', '90')], resourceVersion: '100' });
      source.last.fail(GONE);
      await clock.advance(500);
      expect(source.lists).to.equal(2);
      expect(names()).to.deep.equal(['c']);
      expect(source.last.resourceVersion).to.equal('100');
      expect(ends).to.deep.equal(['gone']);
    });

    it('lists again when that is the answer to the watch itself', async () => {
      const { source, clock, ends } = await started();
      source.last.push(bookmark('11'));
      source.last.end();
      source.onWatch = (watch) => {
        if (watch.resourceVersion === '11') throw GONE;
      };
      await clock.advance(3000);
      expect(source.last.resourceVersion).to.equal('10');
      expect(source.lists).to.equal(2);
      expect(ends).to.deep.equal(['closed', 'gone']);
    });

    it('lists soon when a server that was away says so', async () => {
      const { source, clock } = await started();
      source.onWatch = () => {
        throw new KubeError(0, '', 'watch ConfigMap: no answer from the API server: ECONNREFUSED');
      };
      source.last.fail(new Error('broken'));
      await clock.advance(60_000);
      source.onWatch = () => {
        throw GONE;
      };
      for (const { length } = source.watches; source.watches.length === length; ) await clock.advance(100);
      expect(source.lists).to.equal(1);
      await clock.advance(500);
      expect(source.lists).to.equal(2);
    });

    it('does not list without pause where that never helps', async () => {
      const { source, clock } = await started();
      source.onWatch = () => {
        throw GONE;
      };
      source.last.fail(GONE);
      await clock.advance(60_000);
      expect(source.lists).to.be.within(5, 15);
    });
  });

  it('lists again after an event that cannot be understood, and counts it', async () => {
    const { source, clock, ends } = await started();
    source.last.fail(new Malformed('an event that is no JSON'));
    await clock.advance(500);
    expect(source.lists).to.equal(2);
    expect(ends).to.deep.equal(['malformed']);
  });

  describe('when nothing comes', () => {
    it('takes a watch for dead that does not end in time, and begins another from the last version', async () => {
      const { source, clock, ends, reflector } = await started();
      source.last.push(bookmark('11'));
      await clock.advance(17_999);
      expect(source.open).to.equal(1);
      expect(reflector.health().lastEventAge).to.be.closeTo(18, 0.1);
      await clock.advance(1);
      expect(source.open).to.equal(0);
      await clock.advance(500);
      expect(source.last.resourceVersion).to.equal('11');
      expect(source.open).to.equal(1);
      expect(ends).to.deep.equal(['silent']);
    });

    it('has another watch within 24 s of a silence, with the worst of luck and however often', async () => {
      const { source, clock, ends } = await started(() => 0.999);
      for (let watches = 2; watches < 10; watches++) {
        await clock.advance(24_000);
        expect(source.watches.length).to.be.at.least(watches);
      }
      expect(new Set(ends)).to.include('silent');
      expect(new Set(ends).size).to.be.at.most(2);
    });

    it('lists again after ninety seconds of such watches: the version may be one that the server lost', async () => {
      const { source, clock, ends } = await started();
      source.last.push(bookmark('11'));
      source.onWatch = (watch) => void clock.after(watch.timeoutSeconds * 1000, () => watch.end());
      source.onWatch(source.last);
      // It brought a bookmark; the next five are 75 s.
      await clock.advance(15_000 + 5 * 15_000);
      expect(source.lists).to.equal(1);
      expect(source.last.resourceVersion).to.equal('11');
      await clock.advance(15_000);
      expect(source.lists).to.equal(2);
      expect(source.last.resourceVersion).to.equal('10');
      expect(ends).to.deep.equal([...Array(6).fill('expired'), 'relist']);
      await clock.advance(5 * 15_000);
      expect(source.lists, 'the list was a sign of life').to.equal(2);
    });

    it('does not list where one of them brought a bookmark', async () => {
      const { source, clock } = await started();
      let turn = 0;
      source.onWatch = (watch) => {
        if (++turn % 5 === 0) watch.push(bookmark('11'));
        clock.after(watch.timeoutSeconds * 1000, () => watch.end());
      };
      source.onWatch(source.last);
      await clock.advance(500_000);
      expect(source.lists).to.equal(1);
      expect(source.watches.length).to.be.within(33, 35);
    });

    it('does not list for an API server that was away so long', async () => {
      const { source, clock } = await started();
      source.onWatch = () => {
        throw new KubeError(0, '', 'watch ConfigMap: no answer from the API server: ECONNREFUSED');
      };
      source.last.fail(new Error('broken'));
      await clock.advance(300_000);
      source.onWatch = () => {};
      await clock.advance(15_000);
      expect(source.last.open).to.equal(true);
      expect(source.last.resourceVersion).to.equal('10');
      expect(source.lists).to.equal(1);
    });

    it('does not wait for that when there is another sign that connections are dead', async () => {
      const { source, clock, reflector, ends } = await started();
      await clock.advance(4999);
      reflector.doubt();
      await settle();
      expect(source.open, 'heard of just now').to.equal(1);
      await clock.advance(1);
      reflector.doubt();
      reflector.doubt();
      await settle();
      expect(source.open).to.equal(0);
      await clock.advance(500);
      expect(source.open).to.equal(1);
      expect(source.last.resourceVersion).to.equal('10');
      expect(source.lists).to.equal(1);
      expect(ends).to.deep.equal(['silent']);
      expect(clock.pending).to.equal(1);
    });

    it('leaves no timer behind for each event', async () => {
      const { source, clock } = await started();
      for (let version = 11; version < 100; version++) source.last.push(bookmark(String(version)));
      await settle();
      expect(clock.pending).to.equal(1);
    });
  });

  it('ends a watch that goes on after what was asked for, and goes on at once itself', async () => {
    const { source, clock, ends } = await started();
    const first = source.last;
    await clock.advance(15_500);
    first.push(bookmark('20'));
    await clock.advance(2499);
    expect(first.open).to.equal(true);
    await clock.advance(1);
    expect(first.open).to.equal(false);
    expect(source.last.resourceVersion).to.equal('20');
    expect(source.open).to.equal(1);
    expect(ends).to.deep.equal(['expired']);
  });

  it('lists in full every ten minutes, what the watches say notwithstanding', async () => {
    const { source, clock, ends, names } = await started();
    source.onList = async () => ({ objects: [configMap('unheard', '400')], resourceVersion: '500' });
    const endInTime = (watch: ScriptedWatch): void =>
      void clock.after(watch.timeoutSeconds * 1000, () => watch.end());
    endInTime(source.last);
    source.onWatch = endInTime;
    for (let second = 0; second < 610; second += 10) {
      await clock.advance(10_000);
      source.last.push(bookmark('20'));
    }
    expect(source.lists).to.equal(2);
    expect(names()).to.deep.equal(['unheard']);
    expect(ends).to.deep.equal([...Array(39).fill('expired'), 'relist']);
    expect(new Set(source.watches.map((watch) => watch.timeoutSeconds))).to.deep.equal(new Set([15]));
  });

  describe('when a list fails', () => {
    it('tries again with longer waits, and is not in sync before one succeeds', async () => {
      const { source, clock, reflector, ends } = setting();
      source.onList = async () => {
        throw new KubeError(0, '', 'list ConfigMap: no answer from the API server: ECONNREFUSED');
      };
      reflector.start();
      await clock.advance(60_000);
      expect(source.lists).to.be.within(5, 15);
      expect(source.watches).to.have.length(0);
      expect(reflector.health()).to.deep.include({ synced: false });
      source.onList = async () => ({ objects: [], resourceVersion: '1' });
      await clock.advance(15_000);
      await reflector.synced;
      expect(new Set(ends)).to.deep.equal(new Set(['list_failed']));
      expect(source.open).to.equal(1);
    });

    it('keeps what it held', async () => {
      const { source, clock, names } = await started();
      source.onList = async () => {
        throw new KubeError(500, '', 'broken');
      };
      source.last.fail(GONE);
      await clock.advance(60_000);
      expect(names()).to.deep.equal(['a']);
    });
  });

  describe('when it is stopped', () => {
    it('ends its watch and waits for nothing', async () => {
      const { source, clock, reflector } = await started();
      await reflector.stop();
      expect(source.open).to.equal(0);
      expect(clock.pending).to.equal(0);
      await clock.advance(600_000);
      expect(source.watches).to.have.length(1);
    });

    it('opens no watch when that is during the first list, and stores nothing', async () => {
      const { source, clock, reflector, names } = setting();
      const list = Promise.withResolvers<void>();
      source.onList = async () => {
        await list.promise;
        return { objects: [configMap('a', '5')], resourceVersion: '10' };
      };
      reflector.start();
      await settle();
      const stopped = reflector.stop();
      list.resolve();
      await stopped;
      await clock.advance(600_000);
      expect(source.watches).to.have.length(0);
      expect(source.lists).to.equal(1);
      expect(names()).to.deep.equal([]);
    });

    it('does not finish a wait', async () => {
      const { source, clock, reflector } = await started();
      source.last.fail(new Error('broken'));
      await settle();
      await reflector.stop();
      expect(clock.pending).to.equal(0);
    });
  });

  it('has one watch at a time, whatever happens', async () => {
    const seed = [0.1, 0.9, 0.3, 0.7, 0.5];
    let turn = 0;
    const { source, clock } = await started(() => seed[turn++ % seed.length]!);
    const faults = [GONE, new Error('broken'), new Malformed('x'), new KubeError(500, '', 'x')];
    for (let i = 0; i < 100; i++) {
      if (i % 3 === 0) source.last.end();
      else source.last.fail(faults[i % faults.length]);
      await clock.advance(i % 7 === 0 ? 100 : 8000);
      expect(source.open).to.be.lessThan(2);
    }
    await clock.advance(15_000);
    expect(source.open).to.equal(1);
  });
});
