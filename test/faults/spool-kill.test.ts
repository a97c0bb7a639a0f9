import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { verifyPath } from '../../gateway/events/verify.ts';
import { eventually } from '../fakes/folder.ts';
import { eventsOf, spoolAt, tempFolder } from '../gateway/events/fixtures.ts';

const CHILD = fileURLToPath(new URL('./spool-kill-child.ts', import.meta.url));
const ROUNDS = 12;

describe('spool of a process that is killed', () => {
  let folder: ReturnType<typeof tempFolder>;
  let child: ChildProcess | null = null;
  before(() => {
    folder = tempFolder();
  });
  afterEach(() => {
    child?.kill('SIGKILL');
  });
  after(() => folder.remove());

  async function start(dir: string, notes: string): Promise<ChildProcess> {
    const started = spawn(process.execPath, [CHILD, dir, notes], { stdio: ['ignore', 'pipe', 'inherit'] });
    child = started;
    await once(started.stdout!, 'data');
    return started;
  }

  const endings = (notes: string): number =>
    existsSync(notes) ? readFileSync(notes, 'utf8').split('ended ').length - 1 : 0;

  it(`has exactly one event for each request, and one chain, over ${ROUNDS} kills under load`, async function () {
    this.timeout(60_000);
    const dir = join(folder.dir, 'spool');
    const notes = join(folder.dir, 'notes');
    for (let round = 0; round < ROUNDS; round += 1) {
      const running = await start(dir, notes);
      // Some requests of each round end, however busy the machine is.
      const before = endings(notes);
      await eventually(() => endings(notes) >= before + 10, 'requests that end');
      await sleep(Math.random() * 120);
      running.kill('SIGKILL');
      await once(running, 'exit');
      if (round % 4 === 3) {
        // Killed again while it recovers.
        const recovering = spawn(process.execPath, [CHILD, dir, notes], { stdio: 'ignore' });
        child = recovering;
        await sleep(60 + Math.random() * 80);
        recovering.kill('SIGKILL');
        await once(recovering, 'exit');
      }
    }
    const spool = spoolAt(dir);
    const events = await eventsOf(spool);
    await spool.close();

    const kinds = new Map(events.map((event) => [event.id, event.kind]));
    expect(kinds.size, 'no event twice').to.equal(events.length);
    const noted = readFileSync(notes, 'utf8')
      .split('\n')
      .map((line) => line.split(' ') as [string, string]);
    const ended = noted.filter(([word]) => word === 'ended').map(([, id]) => id);
    const begun = noted.filter(([word]) => word === 'begun').map(([, id]) => id);
    expect(ended.length).to.be.greaterThan(100);
    expect(ended.filter((id) => kinds.get(id) !== 'decision')).to.deep.equal([]);
    expect(begun.filter((id) => !kinds.has(id))).to.deep.equal([]);
    expect(events.some((event) => event.kind === 'interrupted')).to.equal(true);
    expect(events.filter((event) => event.kind === 'stream.gap')).to.deep.equal([]);
    expect(events.map((event) => event.seq)).to.deep.equal(events.map((_, index) => index));
    const report = await verifyPath(dir, {
      heads: [{ stream: spool.stats.stream, size: spool.stats.nextSeq, head: spool.stats.head }],
    });
    expect(report.problems).to.deep.equal([]);
    expect(report.exit).to.equal(0);
  });

  it('lets no second process in while the first lives, and lets one in when it was killed', async function () {
    this.timeout(20_000);
    const dir = join(folder.dir, 'locked');
    const running = await start(dir, join(folder.dir, 'notes-2'));
    expect(() => spoolAt(dir)).to.throw(/in use by another gateway/);
    running.kill('SIGKILL');
    await once(running, 'exit');
    await spoolAt(dir).close();
  });
});
