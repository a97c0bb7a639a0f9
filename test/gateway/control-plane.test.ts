import { join } from 'node:path';
import { expect } from 'chai';
import { type ControlPlaneLink, linkControlPlane } from '../../gateway/control-plane.ts';
import { eventually } from '../fakes/folder.ts';
import { SilentServer } from '../fakes/silent-server.ts';
import { decision, memoryLog, REPORT, spoolAt, tempFolder } from './events/fixtures.ts';

const SHIP_MS = 300;
const LAST_REPORT_MS = 1_000;

describe('the link to a control plane that takes everything and answers nothing', () => {
  let folder: ReturnType<typeof tempFolder>;
  let server: SilentServer;
  let log: ReturnType<typeof memoryLog>;

  beforeEach(async () => {
    folder = tempFolder();
    log = memoryLog();
    server = await SilentServer.start();
  });
  afterEach(async () => {
    await server.stop();
    folder.remove();
  });

  it('is closed within the time for events and that of the last report, whatever is under way', async () => {
    const spool = spoolAt(join(folder.dir, 'spool'), { delivered: true });
    const link: ControlPlaneLink = linkControlPlane(
      { url: server.url },
      {
        spool,
        deadDir: join(folder.dir, 'dead'),
        logger: log,
        namespace: 'team-a',
        gateway: 'default',
        instance: 'one',
        keys: null,
        describe: () => REPORT,
      },
    );
    try {
      await spool.end(decision());
      await eventually(() => server.connections >= 2, 'a report and a batch of events');
      const at = performance.now();
      await link.close(SHIP_MS);
      expect(performance.now() - at).to.be.within(SHIP_MS, SHIP_MS + LAST_REPORT_MS + 1_000);
    } finally {
      await spool.close();
    }
  });
});
