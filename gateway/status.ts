import type { Clock } from './clock.ts';
import { CONTRACT_VERSION } from './contract/document.ts';
import type { InstanceReport } from './events/report.ts';
import type { Spool } from './events/spool.ts';
import { fillLimits } from './events/spool-options.ts';
import type { GatewayOptions } from './gateway-options.ts';
import type { KeyStats } from './identity/key-store.ts';
import type { PlanHolder } from './plan-holder.ts';
import { VERSION } from './version.ts';

export interface StatusParts {
  options: Pick<GatewayOptions, 'namespace' | 'name' | 'instance' | 'spool'>;
  holder: PlanHolder;
  spool: Pick<Spool, 'stats' | 'refusing'>;
  clock: Pick<Clock, 'monotonic'>;
  /** The keys of the control plane, null before the first; left out where none are taken from it. */
  keys?(): KeyStats | null;
  /** Whether the provider of a target refused our credential when it was last asked. */
  refused?(target: string): boolean;
  draining(): boolean;
  /** Events that the control plane does not have. */
  backlog(): number;
  /** Identified requests since the start. */
  requests(): number;
}

/** At most so many are told. */
const MAX_WARNINGS = 20;

/** What the gateway says of itself: to probes, to people, to the control plane. */
export class Status {
  readonly #parts: StatusParts;
  readonly #startedAt: number;

  constructor(parts: StatusParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.monotonic();
  }

  get ready(): boolean {
    return this.unready === null;
  }

  /** Why no traffic may be sent here, in words; null where it may. */
  get unready(): string | null {
    const { holder, spool, draining } = this.#parts;
    if (draining()) return 'it is being stopped';
    if (holder.live === null) return 'it has no policy config yet';
    if (this.#keys === null) return 'it has not read the keys of its callers from the control plane yet';
    return spool.refusing ? 'it cannot record requests, since its event spool has no room' : null;
  }

  /** Undefined where this gateway takes none from the control plane. */
  get #keys(): KeyStats | null | undefined {
    return this.#parts.keys?.();
  }

  report(): InstanceReport {
    const { holder, spool, backlog, draining } = this.#parts;
    const { stream, nextSeq, bytes, dropped } = spool.stats;
    return {
      contract: CONTRACT_VERSION,
      version: VERSION,
      ready: this.ready,
      unready: draining() ? null : this.unready,
      revision: holder.revision,
      rejected: holder.refusal,
      targets: this.#targets(),
      ...this.#toldKeys(),
      backlog: backlog(),
      stream,
      next_seq: nextSeq,
      spool_bytes: bytes,
      dropped,
    };
  }

  #targets(): InstanceReport['targets'] {
    const targets = this.#parts.holder.live?.plan.targets ?? [];
    return targets.map(({ target, unavailable, unavailableCode }) => {
      const refused = this.#parts.refused?.(target.id) === true ? 'credential_refused' : null;
      return { id: target.id, unavailable, code: unavailableCode ?? refused };
    });
  }

  #toldKeys(): Pick<InstanceReport, 'keys'> {
    const keys = this.#keys;
    if (keys === undefined) return {};
    if (keys === null) return { keys };
    const { count, ageSeconds, unreadable } = keys;
    return { keys: { count, age_seconds: Math.round(ageSeconds), unreadable } };
  }

  /** Who keeps the events, and for how many days: null where nothing is ever deleted. */
  #keeper(): { kept_by: 'control_plane' | 'spool'; kept_days: number | null } {
    const { holder, options } = this.#parts;
    if (holder.live?.plan.config.control_plane !== undefined) {
      return { kept_by: 'control_plane', kept_days: null };
    }
    return { kept_by: 'spool', kept_days: fillLimits(options.spool).maxAgeDays };
  }

  /** The body of `/health`. A target's state never makes the gateway unready: that would take every pod out at once. */
  health(): object {
    const { holder, options, clock, spool, requests, backlog } = this.#parts;
    const targets = holder.live?.plan.targets ?? [];
    const stats = spool.stats;
    const degraded =
      holder.refusal !== null || stats.full || targets.some(({ unavailable }) => unavailable !== null);
    return {
      status: !this.ready ? 'unhealthy' : degraded ? 'degraded' : 'healthy',
      version: VERSION,
      namespace: options.namespace,
      gateway: options.name,
      instance: options.instance,
      uptime_seconds: Math.round((clock.monotonic() - this.#startedAt) / 1000),
      revision: holder.revision,
      rejected: holder.refusal,
      warnings: holder.warnings
        .slice(0, MAX_WARNINGS)
        .map(({ code, path, message }) => ({ code, path, message })),
      ...this.#toldKeys(),
      policies_loaded: holder.live?.plan.entries.length ?? 0,
      requests_processed: requests(),
      providers: Object.fromEntries(
        targets.map(({ target, unavailable }) => [
          target.id,
          unavailable === null ? { status: 'available' } : { status: 'unavailable', reason: unavailable },
        ]),
      ),
      events: {
        ...this.#keeper(),
        stream: stats.stream,
        bytes: stats.bytes,
        full: stats.full,
        dropped: stats.dropped,
        backlog: backlog(),
      },
    };
  }
}
