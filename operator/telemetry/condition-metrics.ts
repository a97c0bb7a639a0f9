import { Gauge, type Registry } from 'prom-client';
import { KINDS } from '../domain/snapshot.ts';
import type { ObjectCache } from '../runtime/objects.ts';
import { CONDITION_TYPES } from '../status/condition-types.ts';

const STATUSES = ['True', 'False', 'Unknown'] as const;

interface WithConditions {
  conditions?: { type: string; status: string }[];
}

/** How many objects say what about themselves, counted when it is asked for. An object without a status counts as Unknown. */
export function conditionMetrics(registry: Registry, cache: ObjectCache): void {
  new Gauge({
    name: 'keeptrusts_operator_condition',
    help: 'Objects by kind, condition and its status.',
    labelNames: ['kind', 'type', 'status'] as const,
    registers: [registry],
    collect() {
      for (const kind of Object.values(KINDS)) {
        for (const type of CONDITION_TYPES[kind]) {
          for (const status of STATUSES) this.set({ kind, type, status }, 0);
        }
        for (const object of cache.list(kind)) {
          const conditions = (object.status as WithConditions | undefined)?.conditions ?? [];
          for (const type of CONDITION_TYPES[kind]) {
            const found = conditions.find((condition) => condition.type === type)?.status;
            this.inc({ kind, type, status: STATUSES.find((status) => status === found) ?? 'Unknown' });
          }
        }
      }
    },
  });
}
