import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { isFree, PortInUse, Ports } from '../../../../operator/local/node/ports.ts';
import { TestFolder } from '../../../fakes/folder.ts';

const host = '127.0.0.1';
const listen = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host }, () => resolve(server));
  });

/** A port with room after it. */
async function freeBase(): Promise<number> {
  for (let base = 42_000 + (process.pid % 1000) * 16; ; base += 8) {
    const free = await Promise.all([0, 1, 2, 3, 4, 5].map((step) => isFree(base + step, host)));
    if (free.every(Boolean)) return base;
  }
}

describe('ports of the node', () => {
  let folder: TestFolder;
  let base: number;
  const open = (from = base): Ports => new Ports({ host, base: from, file: folder.file('ports.json') });

  beforeEach(async () => {
    folder = new TestFolder();
    base = await freeBase();
  });
  afterEach(() => folder.remove());

  it('gives the first Deployment the first pair and the others the next free ones', async () => {
    const ports = open();
    expect(await ports.take('a/one', 0, false)).to.deep.equal({ shared: base, own: base + 1 });
    expect(await ports.take('a/two', 0, false)).to.deep.equal({ shared: base + 2, own: base + 3 });
  });

  it('lets replicas share one port and gives each its own', async () => {
    const ports = open();
    await ports.take('a/one', 0, false);
    expect(await ports.take('a/one', 1, true)).to.deep.equal({ shared: base, own: base + 2 });
  });

  it('gives the same ports after a restart, whoever asks first', async () => {
    const before = open();
    await before.take('a/one', 0, false);
    await before.take('a/two', 0, false);
    const after = open();
    expect((await after.take('a/two', 0, false)).shared).to.equal(base + 2);
    expect((await after.take('a/one', 0, false)).shared).to.equal(base);
  });

  it('gives other ports when another first port is asked for', async () => {
    await open().take('a/one', 0, false);
    expect(await open(base + 3).take('a/one', 0, false)).to.deep.equal({ shared: base + 3, own: base + 4 });
  });

  it('passes over ports that others have, except the first, which people were told', async () => {
    const servers = [await listen(base + 1), await listen(base + 2)];
    const ports = open();
    expect(await ports.take('a/one', 0, false)).to.deep.equal({ shared: base, own: base + 3 });
    expect((await ports.take('a/two', 0, false)).shared).to.equal(base + 4);
    const first = await listen(base);
    const error = await open()
      .take('a/one', 0, false)
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(PortInUse);
    for (const server of [...servers, first]) server.close();
  });

  it('gives no port twice where any will do: a replica would wait for its own', async () => {
    const named = [base, base, base, base + 1, base, base + 1, base + 2, base + 3];
    const options = { host, base: 0, file: folder.file('ports.json') };
    const ports = new Ports(options, async () => named.shift()!);
    expect(await ports.take('a/one', 0, false)).to.deep.equal({ shared: base, own: base + 1 });
    expect(await ports.take('a/two', 0, false)).to.deep.equal({ shared: base + 2, own: base + 3 });
  });

  it('gives another port where any will do and somebody else has taken the one before', async () => {
    const ports = open(0);
    const first = await ports.take('a/one', 0, false);
    const others = [await listen(first.shared), await listen(first.own)];
    const second = await ports.take('a/one', 0, false);
    expect(new Set([...Object.values(first), ...Object.values(second)])).to.have.property('size', 4);
    for (const server of others) server.close();
  });

  it('frees the ports of a Deployment that is gone', async () => {
    const ports = open();
    await ports.take('a/one', 0, false);
    ports.release('a/one');
    expect((await ports.take('a/two', 0, false)).shared).to.equal(base);
  });
});
