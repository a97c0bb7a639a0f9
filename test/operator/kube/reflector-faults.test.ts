import { expect } from 'chai';
import fc from 'fast-check';
import { Reflector } from '../../../operator/kube/reflector.ts';
import { KubeCache } from '../../../operator/kube/store.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import type { KubeObject } from '../../../operator/runtime/objects.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';
import { SimulatedSource } from '../../fakes/simulated-source.ts';

type Step =
  | { do: 'put'; name: string; value: string }
  | { do: 'delete'; name: string }
  | { do: 'compact' }
  | { do: 'down'; is: boolean }
  | { do: 'fault'; kind: Parameters<SimulatedSource['fault']>[0] }
  | { do: 'wait'; ms: number };

const name = fc.constantFrom('a', 'b', 'c');
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('put' as const), name, value: fc.constantFrom('1', '2') }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), name }) },
    { weight: 1, arbitrary: fc.constant({ do: 'compact' as const }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('down' as const), is: fc.boolean() }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('fault' as const),
        kind: fc.constantFrom('end', 'break', 'gone', 'malformed', 'mute'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 700, 5000, 70_000) }),
    },
  ),
  { maxLength: 30 },
);

/**
 * Milliseconds after which a mute watch has been found out and another is open: the longest that it is asked to last, the
 * grace after that, a wait of up to a second, and another one where the version is too old by then.
 */
const FOUND_OUT = 20_000 + 3000 + 2 * 1000;
/** The same for every other fault: the longest wait, and the one before a list where the version is too old by then. */
const SOON = 15_000 + 1000;

describe('reflector, whatever goes wrong', () => {
  it('has what the server has, soon after the faults end, and told of every difference', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.double({ min: 0, max: 0.999, noNaN: true }), async (all, luck) => {
        const clock = new FakeClock();
        const source = new SimulatedSource(clock);
        const cache = new KubeCache(silentLog);
        // What somebody knows who only listens.
        const heard = new Map<string, KubeObject>();
        cache.onChange((ref, object, previous) => {
          expect(heard.get(ref.name)?.metadata.uid).to.equal(previous?.metadata.uid);
          if (object === undefined) heard.delete(ref.name);
          else heard.set(ref.name, object);
        });
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
            random: () => luck,
            log: silentLog,
            metrics: { restarted: () => {}, heard: () => {} },
          },
        );
        reflector.start();
        let muted = false;
        for (const step of all) {
          if (step.do === 'put') source.put(step.name, step.value);
          else if (step.do === 'delete') source.delete(step.name);
          else if (step.do === 'compact') source.compact();
          else if (step.do === 'down') source.down = step.is;
          else if (step.do === 'fault') source.fault(step.kind);
          else await clock.advance(step.ms);
          muted ||= step.do === 'fault' && step.kind === 'mute';
          await settle();
        }
        source.down = false;
        await clock.advance(muted ? FOUND_OUT : SOON);
        const content = (objects: Iterable<KubeObject>): [string, string, unknown][] =>
          [...objects]
            .map(({ metadata: { name, uid }, data }): [string, string, unknown] => [name, uid, data])
            .sort();
        expect(content(cache.list('ConfigMap'))).to.deep.equal(content(source.objects.values()));
        expect(content(heard.values())).to.deep.equal(content(source.objects.values()));
        await reflector.stop();
        expect(clock.pending).to.equal(0);
      }),
      { numRuns: 150 },
    );
  }).timeout(30_000);
});
