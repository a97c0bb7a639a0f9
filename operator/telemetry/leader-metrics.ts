import { Gauge, type Registry } from 'prom-client';
import type { LeaderMetrics } from '../runtime/metrics.ts';

/** Which process acts, and how far it is from losing that by standing still. */
export function createLeaderMetrics(registry: Registry): LeaderMetrics {
  const registers = [registry];
  const leader = new Gauge({
    name: 'keeptrusts_operator_leader',
    help: '1 in the process that holds the lease, 0 in those that stand by.',
    registers,
  });
  const delay = new Gauge({
    name: 'keeptrusts_operator_event_loop_delay_seconds',
    help: 'The longest delay of a timer in the last 15 s. Above the renew deadline of 10 s the lease is lost.',
    registers,
  });
  return {
    leader: (held) => leader.set(held ? 1 : 0),
    eventLoopDelay: (seconds) => delay.set(seconds),
  };
}
