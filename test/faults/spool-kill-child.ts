import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { begin, decision, spoolAt } from '../gateway/events/fixtures.ts';

/**
 * Run as a process that is killed: appends events under load, and notes each promise that the spool kept, after it
 * resolved, in a file of its own. Arguments: folder of the spool, file of notes.
 */
const [dir, notes] = process.argv.slice(2);
const spool = spoolAt(dir!, { limits: { segmentBytes: 64 * 1024 }, random: randomBytes });

async function request(): Promise<void> {
  for (;;) {
    const event = decision();
    await spool.begin(begin(event));
    appendFileSync(notes!, `begun ${event.id}\n`);
    if (Math.random() < 0.5) await new Promise((resolve) => setImmediate(resolve));
    await spool.end(event);
    appendFileSync(notes!, `ended ${event.id}\n`);
  }
}

process.stdout.write('running\n');
for (let count = 0; count < 8; count += 1) void request();
