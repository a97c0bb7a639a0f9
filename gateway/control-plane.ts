import type { ControlPlane } from './contract/document.ts';
import { createControlPlaneClient } from './events/control-plane-client.ts';
import { type DeliveryStats, startDelivery } from './events/delivery.ts';
import type { Log } from './events/log.ts';
import { type InstanceReport, startReporter } from './events/report.ts';
import type { Spool } from './events/spool.ts';
import type { CallerKeys } from './identity/key-store.ts';

export interface LinkOptions {
  spool: Spool;
  deadDir: string;
  logger: Log;
  namespace: string;
  gateway: string;
  instance: string;
  /** Keys that the control plane keeps; null where this gateway takes none from it. */
  keys: CallerKeys | null;
  describe(): InstanceReport;
}

export interface ControlPlaneLink {
  readonly url: string;
  readonly stats: DeliveryStats;
  /** Something changed that the control plane wants to know at once. */
  changed(): void;
  /** Ships what is left for at most `drainMs`. */
  close(drainMs: number): Promise<void>;
}

/** Connects a gateway to the control plane that its document names: events go out, reports of itself too, keys come in. */
export function linkControlPlane(plane: ControlPlane, options: LinkOptions): ControlPlaneLink {
  const { spool, deadDir, logger, keys } = options;
  const connection = {
    url: plane.url,
    ...(plane.token_file !== undefined && { tokenFile: plane.token_file }),
  };
  const client = createControlPlaneClient(connection);
  // A connection of its own: an answer that is held back must not stand in the way of events.
  const keyClient = keys === null ? null : createControlPlaneClient(connection);
  const follower = keyClient === null ? null : keys?.follow(keyClient);
  const delivery = startDelivery({ spool, client, deadDir, logger, random: Math.random });
  const reporter = startReporter({ client, ...options });
  return {
    url: plane.url,
    get stats() {
      return delivery.stats;
    },
    changed: () => reporter.now(),
    async close(drainMs) {
      await follower?.stop();
      await keyClient?.close();
      await delivery.stop(drainMs);
      await reporter.stop();
      await client.close();
    },
  };
}
