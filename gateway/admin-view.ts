import { readFileSync } from 'node:fs';
import type { Clock } from './clock.ts';
import type { HostGuard } from './contract/browser-guard.ts';
import { answerEvents, findEvent } from './events/query.ts';
import type { Spool } from './events/spool.ts';
import type { PlanHolder } from './plan-holder.ts';
import type { AdminParts } from './server/admin.ts';
import { shownConfig } from './server/admin-config.ts';
import type { Status } from './status.ts';
import type { GatewayMetrics } from './telemetry/metrics.ts';

export interface AdminViewParts {
  holder: PlanHolder;
  spool: Spool;
  status: Status;
  metrics: GatewayMetrics;
  clock: Pick<Clock, 'now'>;
}

/** What the admin port shows of a gateway. */
export class AdminView {
  readonly #parts: AdminViewParts;

  constructor(parts: AdminViewParts) {
    this.#parts = parts;
  }

  parts(tokenFile: string | null, hosts: HostGuard, unexpected: (thrown: unknown) => void): AdminParts {
    const { holder, spool, status, metrics, clock } = this.#parts;
    return {
      unready: () => status.unready,
      health: () => status.health(),
      metrics: async () => ({
        contentType: metrics.registry.contentType,
        text: await metrics.registry.metrics(),
      }),
      config: () => (holder.live === null ? null : shownConfig(holder.live.plan)),
      events: (parameters) => answerEvents(spool, parameters, clock.now()),
      event: (id) => findEvent(spool, id),
      token: () => (tokenFile === null ? null : readToken(tokenFile)),
      hosts,
      unexpected,
    };
  }
}

/** An empty or missing file closes the guarded paths. */
function readToken(file: string): string | null {
  try {
    const token = readFileSync(file, 'utf8').trim();
    return token === '' ? null : token;
  } catch {
    return null;
  }
}
