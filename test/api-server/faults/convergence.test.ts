import { expect } from 'chai';
import { type Clock, systemClock } from '../../../operator/runtime/clock.ts';
import { type ClusterFault, type Convergence, converge } from '../../fakes/cluster-fault.ts';
import type { Fault, FaultProxy, SeenRequest } from '../../fakes/fault-proxy.ts';

/** Every request that `which` names meets the fault until it ends. */
const meets =
  (which: (request: SeenRequest) => boolean, fault: Fault) =>
  (proxy: FaultProxy): (() => void) => {
    proxy.faultOf = (request) => (which(request) ? fault : null);
    return () => {
      proxy.faultOf = () => null;
    };
  };

/** Every n-th of the requests that `which` names. */
function every(n: number, which: (request: SeenRequest) => boolean): (request: SeenRequest) => boolean {
  let count = 0;
  return (request) => which(request) && ++count % n === 0;
}

const all = (): boolean => true;
const watches = ({ isWatch }: SeenRequest): boolean => isWatch;
const writes = ({ isWrite }: SeenRequest): boolean => isWrite;
const calls = ({ isWatch }: SeenRequest): boolean => !isWatch;

/** A wall clock that is set an hour forward and back again every second; nothing else about it is wrong. */
function jumpingClock(): Clock {
  return { ...systemClock, now: () => Date.now() + (Math.floor(Date.now() / 1000) % 2) * 3_600_000 };
}

const FAULTS: readonly ClusterFault[] = [
  {
    name: 'watches cut every second',
    lastsMs: 15_000,
    begin(proxy) {
      const timer = setInterval(() => proxy.cutWatches(), 1000);
      return () => clearInterval(timer);
    },
  },
  {
    name: 'watches that fall silent and stay open',
    // Nothing of what people do in this time is heard of before the silence is noticed.
    lastsMs: 6000,
    begin(proxy) {
      proxy.muteWatches();
      return () => {};
    },
  },
  {
    name: '410 as the status of watches',
    lastsMs: 15_000,
    begin: meets(every(2, watches), { answer: 410, reason: 'Expired' }),
  },
  {
    name: '410 as an event of watches that stay open',
    lastsMs: 15_000,
    begin(proxy) {
      const end = meets(every(2, watches), { errorEvent: 410 })(proxy);
      const timer = setInterval(() => proxy.cutWatches(), 3000);
      return () => {
        clearInterval(timer);
        end();
      };
    },
  },
  {
    name: '409 on every write',
    lastsMs: 60_000,
    begin: meets(writes, { answer: 409, reason: 'Conflict' }),
  },
  {
    name: '403 on every request',
    lastsMs: 60_000,
    begin: meets(all, { answer: 403, reason: 'Forbidden' }),
  },
  {
    name: '413 on every write',
    lastsMs: 60_000,
    begin: meets(writes, { answer: 413, reason: 'RequestEntityTooLarge' }),
  },
  {
    name: '429 with Retry-After on every second call',
    lastsMs: 15_000,
    begin: meets(every(2, calls), { answer: 429, reason: 'TooManyRequests', retryAfter: '1' }),
  },
  {
    name: '500 on every second request',
    lastsMs: 15_000,
    begin: meets(every(2, all), { answer: 500, reason: 'InternalError' }),
  },
  {
    name: 'writes that are done and never answered',
    lastsMs: 15_000,
    begin: meets(every(2, writes), { drop: 'response' }),
  },
  { name: 'answers cut in the middle', lastsMs: 15_000, begin: meets(every(3, all), { cutAfterMs: 1 }) },
  { name: 'connections that hang', lastsMs: 20_000, begin: meets(every(2, all), { hang: true }) },
  {
    name: 'an API server that is gone for 60 s',
    lastsMs: 60_000,
    begin(proxy) {
      const end = meets(all, { drop: 'request' })(proxy);
      proxy.cutWatches();
      return end;
    },
  },
  {
    name: 'a wall clock that jumps an hour every second',
    lastsMs: 15_000,
    clock: jumpingClock(),
    begin: () => () => {},
  },
];

describe('an operator that goes through', function () {
  this.timeout(300_000);
  let runs: Map<string, Promise<Convergence>>;

  before(() => {
    // Each in a namespace of its own, and all at once: they mostly wait.
    runs = new Map(FAULTS.map((fault) => [fault.name, converge(fault)]));
    for (const run of runs.values()) run.catch(() => {});
  });

  for (const { name } of FAULTS) {
    it(`${name} is 30 s later where one ends up that begins with nothing, and then writes nothing`, async () => {
      const { left, fresh, idleWrites } = await runs.get(name)!;
      // One by one: a difference of the whole is too long to be told.
      for (const key of Object.keys(fresh)) expect(left[key], key).to.deep.equal(fresh[key]);
      expect(Object.keys(left).sort()).to.deep.equal(Object.keys(fresh).sort());
      // A policy, a target and the four objects of a gateway at least, wherever people had come to.
      expect(Object.keys(left).length).to.be.at.least(6);
      expect(idleWrites).to.equal(0);
    });
  }
});
