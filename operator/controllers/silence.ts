import type { InstanceReports } from '../domain/instance-reports.ts';
import type { Clock, Timer } from '../runtime/clock.ts';

/** Milliseconds between two looks; reports come as often, and count for three times as long. */
const LOOK_MS = 5000;

export interface SilenceDeps {
  reports: Pick<InstanceReports, 'list' | 'onChange'>;
  clock: Clock;
  /** Called for each namespace with an instance that reports no longer. */
  onSilence(namespace: string): void;
}

/** Tells of instances whose reports stopped: nobody else does, and what they said last stands in a status. */
export function watchSilence({ reports, clock, onSilence }: SilenceDeps): void {
  /** Namespace by instance. */
  let heard = new Map<string, string>();
  let timer: Timer | undefined;
  const look = (): void => {
    const now = new Map(
      reports.list().map((report) => {
        const { namespace, gateway, instance } = report;
        return [`${namespace}/${gateway}/${instance}`, namespace];
      }),
    );
    const silent = [...heard].filter(([instance]) => !now.has(instance)).map(([, namespace]) => namespace);
    heard = now;
    for (const namespace of new Set(silent)) onSilence(namespace);
  };
  const arm = (): void => {
    const armedAt = clock.monotonic();
    timer = clock.after(LOOK_MS, () => {
      timer = undefined;
      // A process that stood still heard nothing because of that: everyone is given the time to report again.
      if (clock.monotonic() - armedAt < 2 * LOOK_MS) look();
      if (heard.size > 0) arm();
    });
  };
  reports.onChange(() => {
    if (timer === undefined) arm();
  });
}
