import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createControlPlaneClient } from '../../gateway/events/control-plane-client.ts';
import { startReporter } from '../../gateway/events/report.ts';
import { eventually } from '../fakes/folder.ts';
import { REPORT } from '../gateway/events/fixtures.ts';

/** One report that was never answered held the next ones up for 30 s, and the instance was taken for gone after 15. */
describe('issue: a report that the control plane does not answer', () => {
  it('does not hold up the next ones', async () => {
    const open: ServerResponse[] = [];
    let answered = 0;
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        if (open.length === 0) open.push(response);
        else {
          answered += 1;
          response.writeHead(204).end();
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = createControlPlaneClient({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    });
    const warned: string[] = [];
    const reporter = startReporter({
      client,
      namespace: 'a',
      gateway: 'b',
      instance: 'c',
      describe: () => REPORT,
      logger: { info: () => {}, warn: (_fields, message) => void warned.push(message), error: () => {} },
      everyMs: 100,
      timeoutMs: 300,
    });
    try {
      await eventually(() => answered > 2, 'the next reports', 5_000);
      expect(warned).to.deep.equal(['this instance cannot report to the control plane']);
    } finally {
      await reporter.stop();
      await client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
