/**
 * `npm run bench [-- --seconds 5] [--json]`: what governance costs on one core. Everything is measured in one run against a
 * bare Node proxy, so that the ratios hold where the absolute figures depend on the machine.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load } from './load.ts';
import { cpuMicros, firstLine, freePort, residentMb, start } from './processes.ts';
import { type Subject, subjects } from './subjects.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, json: { type: 'boolean', default: false } },
});
const seconds = Number(values.seconds);

/** 2.4 KB of ordinary prose with nothing to find in it. */
const prose =
  'Please summarise the notes of our planning meeting and list the open questions by owner. '.repeat(27);
const bodies = {
  json: Buffer.from(JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: prose }] })),
  sse: Buffer.from(
    JSON.stringify({
      model: 'gpt-4o-mini',
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: prose }],
    }),
  ),
};

interface Row {
  subject: string;
  form: keyof typeof bodies;
  connections: number;
  requestsPerSecond: number;
  cpuMicros: number;
  p50: number;
  p99: number;
  failed: number;
  memoryMb: number;
}

const folder = mkdtempSync(join(tmpdir(), 'keeptrusts-bench-'));
const upstreamPort = await freePort();
const upstream = await start('hack/bench/upstream.ts', [String(upstreamPort)], 1, firstLine);
const rows: Row[] = [];
try {
  for (const subject of subjects) rows.push(...(await measure(subject)));
} finally {
  await upstream.stop();
  rmSync(folder, { recursive: true, force: true });
}
if (values.json) console.log(JSON.stringify(rows, null, 2));
else console.log(table(rows));

async function measure(subject: Subject): Promise<Row[]> {
  const running = await subject.start({ upstream: `http://127.0.0.1:${upstreamPort}`, folder });
  try {
    const own: Row[] = [];
    for (const form of ['json', 'sse'] as const) {
      for (const connections of [1, 64]) {
        await load(running.origin, bodies[form], connections, 1);
        const before = cpuMicros(running.pid);
        const result = await load(running.origin, bodies[form], connections, seconds);
        own.push({
          subject: subject.name,
          form,
          connections,
          requestsPerSecond: result.requests / result.seconds,
          cpuMicros: (cpuMicros(running.pid) - before) / result.requests,
          p50: result.p50,
          p99: result.p99,
          failed: result.failed,
          memoryMb: residentMb(running.pid),
        });
      }
    }
    return own;
  } finally {
    await running.stop();
  }
}

function table(all: readonly Row[]): string {
  const lines = [
    '| form | connections | subject | requests/s | CPU µs a request | × bare | added p50 ms | added p99 ms | memory MB | failed |',
    '|---|---|---|---|---|---|---|---|---|---|',
  ];
  for (const form of ['json', 'sse'] as const) {
    for (const connections of [1, 64]) {
      const same = all.filter((row) => row.form === form && row.connections === connections);
      const bare = same[0]!;
      for (const row of same) {
        lines.push(
          `| ${[
            form,
            connections,
            row.subject,
            row.requestsPerSecond.toFixed(0),
            row.cpuMicros.toFixed(0),
            (row.cpuMicros / bare.cpuMicros).toFixed(2),
            (row.p50 - bare.p50).toFixed(3),
            (row.p99 - bare.p99).toFixed(3),
            row.memoryMb.toFixed(0),
            row.failed,
          ].join(' | ')} |`,
        );
      }
    }
  }
  return lines.join('\n');
}
