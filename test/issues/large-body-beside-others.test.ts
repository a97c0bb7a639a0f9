import { expect } from 'chai';
import { ask } from '../fakes/gateway.ts';
import { useScanningGateway } from '../fakes/scanning-gateway.ts';

/** A body of megabytes was scanned in one go, so that every other request waited for half a second. */
describe('issue: a large body beside other requests', function () {
  this.timeout(60_000);
  const words = 'The quick brown fox 12 jumps over jane at example. ';
  const large = ask(words.repeat(80_000));
  const gateway = useScanningGateway();

  before(async () => {
    await gateway().chat(ask('warm'));
  });

  it('leaves them their turns', async () => {
    const body = JSON.stringify(large);
    expect(body.length).to.be.greaterThan(4_000_000);
    let served = 0;
    let open = true;
    let slowest = 0;
    const answered = async (): Promise<void> => {
      try {
        const response = await gateway().chat(body);
        await response.arrayBuffer();
        expect(response.status).to.equal(200);
      } finally {
        open = false;
      }
    };
    const beside = async (): Promise<void> => {
      while (open) {
        const from = performance.now();
        const small = await gateway().chat(ask('small'));
        await small.arrayBuffer();
        expect(small.status).to.equal(200);
        slowest = Math.max(slowest, performance.now() - from);
        served++;
      }
    };
    const at = performance.now();
    await Promise.all([answered(), beside()]);
    expect(served).to.be.greaterThan(8);
    expect(slowest).to.be.below((performance.now() - at) / 2);
    const events = await gateway().events();
    const largest = events.find(({ coverage }) => coverage.request_bytes_scanned > 4_000_000)!;
    expect(largest.entries.map(({ phases }) => phases[0]!.outcome)).not.to.include('not_run');
  });
});
