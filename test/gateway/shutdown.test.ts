import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Abandonment } from '../../gateway/pipeline/abandonment.ts';
import { Running } from '../../gateway/pipeline/running.ts';
import { listen } from '../../gateway/server/listener.ts';
import { OpenSockets } from '../../gateway/server/open-sockets.ts';
import { shutDown } from '../../gateway/shutdown.ts';

describe('the stop of a gateway', () => {
  let steps: string[];
  let running: Running;
  let servers: Server[];
  /** Milliseconds that the link had for its events. */
  let shippingMs: number;

  async function stop(drainMs: number, shipMs = 0): Promise<void> {
    const closing = (name: string) => ({
      close: async (): Promise<void> => {
        await sleep(1);
        steps.push(name);
      },
    });
    const [traffic, admin] = servers as [Server, Server];
    const link = {
      close: (ms: number) => {
        shippingMs = ms;
        return closing('link').close();
      },
    };
    await shutDown(
      {
        traffic,
        sockets: new OpenSockets(traffic),
        admin,
        source: closing('source'),
        running,
        refusals: { flush: () => steps.push('refusals') },
        upstream: closing('upstream'),
        link: () => link,
        keys: closing('keys'),
        overload: { close: () => steps.push('overload') },
        wheel: { stop: () => steps.push('wheel') },
        spool: closing('spool'),
      },
      { drainDelayMs: 0, drainMs, shipMs },
    );
  }

  beforeEach(async () => {
    steps = [];
    running = new Running();
    servers = [createServer(), createServer()];
    for (const server of servers) await listen(server, { host: '127.0.0.1', port: 0 });
  });

  it('ends what exchanges need after the last of them, and the spool after the shipment', async () => {
    await stop(0);
    expect(servers.map(({ listening }) => listening)).to.deep.equal([false, false]);
    expect(steps).to.deep.equal([
      ...['source', 'refusals', 'upstream', 'link'],
      ...['keys', 'overload', 'wheel', 'spool'],
    ]);
  });

  it('waits within the grace for an exchange to settle, and abandons nobody', async () => {
    const exchange = new Abandonment();
    const place = running.add(exchange);
    const stopped = stop(5_000);
    await sleep(120);
    expect(steps).to.deep.equal(['source']);
    steps.push('settled');
    running.remove(place);
    await stopped;
    expect(exchange.reason).to.equal(null);
    expect(steps.indexOf('settled')).to.be.lessThan(steps.indexOf('upstream'));
  });

  it('ships events until the time for that is over, and for five seconds after the last answer', async () => {
    const exchange = new Abandonment();
    const place = running.add(exchange);
    const stopped = stop(5_000, 20_000);
    await sleep(1_000);
    running.remove(place);
    await stopped;
    expect(shippingMs).to.be.within(10_000, 19_000);
    await stop(0);
    expect(shippingMs).to.equal(5_000);
  });

  it('abandons them after the grace, later ones too, and waits until they have settled', async () => {
    const settled = async (exchange: Abandonment): Promise<void> => {
      const place = running.add(exchange);
      await new Promise<void>((resolve) => exchange.tell({ abandon: () => resolve() }));
      await sleep(200);
      steps.push('settled');
      running.remove(place);
    };
    const [one, two] = [new Abandonment(), new Abandonment()];
    const first = settled(one);
    const stopped = stop(0);
    await sleep(100);
    const second = settled(two);
    await stopped;
    await Promise.all([first, second]);
    expect([one.reason, two.reason]).to.satisfy((all: unknown[]) =>
      all.every((reason) => (reason as { code: string }).code === 'not_ready'),
    );
    expect(steps.slice(0, 3)).to.deep.equal(['source', 'settled', 'settled']);
  });

  it('does not wait for ever for one that does not settle', async () => {
    running.add(new Abandonment());
    const at = performance.now();
    await stop(0);
    expect(performance.now() - at).to.be.within(900, 2_500);
    expect(steps.at(-1)).to.equal('spool');
  });
});
