import { createControllers } from '../../operator/controllers/index.ts';
import { createInstanceReports } from '../../operator/domain/instance-reports.ts';
import { ObjectStore } from '../../operator/local/object-store.ts';
import type { Clock } from '../../operator/runtime/clock.ts';
import { silentLog } from '../../operator/runtime/log.ts';
import type { TestFolder } from './folder.ts';
import { noMetrics } from './no-metrics.ts';

type Deps = Parameters<typeof createControllers>[0];

/** A store without a schema: it takes what an older one let in, too. */
export function storeIn(folder: TestFolder, clock: Clock): ObjectStore {
  let uid = 0;
  return new ObjectStore(
    { dir: folder.path },
    { clock, uid: () => `uid-${++uid}`, log: silentLog, admit: (manifest) => manifest },
  );
}

/** Controllers that report to nobody and keep no archive; `own` is what a test looks at. */
export function controllersOver(
  client: ObjectStore,
  { clock, ...own }: Partial<Deps> & Pick<Deps, 'linter'> & { clock: Clock },
): ReturnType<typeof createControllers> {
  return createControllers({
    client,
    clock,
    reports: createInstanceReports(() => clock.now()),
    image: 'keeptrusts/gateway:test',
    paused: false,
    controlPlane: null,
    archive: { async keepRevision() {}, async keepAccepted() {} },
    drift: { driftCorrected() {} },
    events: { record() {} },
    address: () => null,
    runtime: () => ({ clock, random: () => 1, log: silentLog, metrics: noMetrics, reconcileId: () => 'r' }),
    ...own,
  });
}
