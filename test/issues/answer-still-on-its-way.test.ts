import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ask, TestGateway } from '../fakes/gateway.ts';

const ANSWER_BYTES = 12_000_000;

/** An answer was over for the server as soon as it had been handed to the socket: a stop threw away what waited there. */
describe('issue: a stop cut answers that their callers still read', function () {
  this.timeout(20_000);
  for (const [what, drainMs, readAfterMs] of [
    ['is read to its end within the grace', 8_000, 500],
    ['ends with the grace where the caller does not read', 1_000, 60_000],
  ] as const) {
    it(what, async () => {
      const gateway = await TestGateway.start({
        targets: [{ id: 'mock', provider: 'mock', mock: { answer: 'a'.repeat(ANSWER_BYTES) } }],
        options: { drainMs },
      });
      const body = JSON.stringify(ask('hi'));
      const socket = connect(gateway.running.trafficPort, '127.0.0.1').pause();
      socket.on('error', () => undefined);
      socket.write(
        'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n' +
          `content-length: ${body.length}\r\n\r\n${body}`,
      );
      for (const end = Date.now() + 10_000; (await gateway.events()).length === 0 && Date.now() < end; ) {
        await sleep(20);
      }
      let bytes = 0;
      const reading = setTimeout(() => {
        socket.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
        socket.resume();
      }, readAfterMs);
      const at = performance.now();
      await gateway.close();
      const took = performance.now() - at;
      clearTimeout(reading);
      if (readAfterMs < drainMs) {
        for (const end = Date.now() + 10_000; !socket.destroyed && Date.now() < end; ) await sleep(20);
        expect(bytes).to.be.greaterThan(ANSWER_BYTES);
        expect(took).to.be.below(drainMs);
      } else expect(took).to.be.within(drainMs, drainMs + 5_000);
      socket.destroy();
    });
  }
});
