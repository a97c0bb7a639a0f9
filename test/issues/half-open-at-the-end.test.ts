import { connect } from 'node:net';
import { expect } from 'chai';
import { startTestApi } from '../fakes/control-plane-api.ts';

/** Half a request on one connection kept the control plane from ending, after Ctrl-C too. */
describe('issue: a client that stops in the middle of a request', () => {
  for (const [what, sent] of [
    ['its head', 'GET /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\n'],
    [
      'its body',
      'POST /v1/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/x-ndjson\r\ncontent-length: 100\r\n\r\n{',
    ],
  ] as const) {
    it(`does not hold up the end of the API: ${what}`, async () => {
      const running = await startTestApi();
      const socket = connect(Number(new URL(running.api.url).port), '127.0.0.1');
      socket.on('error', () => {});
      await new Promise((resolve) => socket.once('connect', resolve));
      await new Promise((resolve) => socket.write(sent, resolve));
      await new Promise((resolve) => setTimeout(resolve, 50));
      const at = performance.now();
      await running.close();
      expect(performance.now() - at).to.be.lessThan(5_000);
      socket.destroy();
    });
  }
});
