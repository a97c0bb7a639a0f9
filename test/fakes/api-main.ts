/** The API over its SQLite store, as a process of its own that a test can kill: STATE_DIR PORT. */
import { startBackend } from '../../operator/backend.ts';
import { createInstanceReports } from '../../operator/domain/instance-reports.ts';
import { systemClock } from '../../operator/runtime/clock.ts';
import { silentLog } from '../../operator/runtime/log.ts';

const [stateDir = '', port = ''] = process.argv.slice(2);
await startBackend(
  { stateDir, host: '127.0.0.1', apiPort: Number(port) },
  {
    reports: createInstanceReports(Date.now),
    clock: systemClock,
    log: silentLog,
    ready: () => true,
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
    problems: () => [],
    active: () => true,
    cluster: () => null,
  },
);
process.stdout.write('ready\n');
