/**
 * `npm run bench [-- --seconds 5] [--rounds 5] [--json]`: what governance costs on one core. All subjects run at the same
 * time and are measured in turns, round after round, and the medians are told: so what else the machine does meets all of
 * them, and the ratios hold where the absolute figures depend on the machine. `--form json|sse` and `--connections 1|64`
 * choose rows. With `--against TREE`, once or more, the subjects are versions of the gateway with five kinds: those of
 * other source trees and this one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments } from '../arguments.ts';
import { type Load, load } from './load.ts';
import { cpuMicros, firstLine, freePort, type Running, residentMb, start } from './processes.ts';
import { type Subject, subjects, versions } from './subjects.ts';

const { values } = readArguments({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    against: { type: 'string', multiple: true, default: [] },
    form: { type: 'string' },
    connections: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
/** Of one subject in one round. */
const seconds = Number(values.seconds) / rounds;
/** After 6,000 requests V8's compiler still took 4 to 10 % of the gateway's time. */
const WARM_UP = { requests: 20_000, seconds: 15 };

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

interface Sample extends Load {
  /** Microseconds a request. */
  cpu: number;
  memoryMb: number;
}

interface Row {
  subject: string;
  form: keyof typeof bodies;
  connections: number;
  requestsPerSecond: number;
  cpuMicros: number;
  /** What the subject costs more than the one before it, which does all but this step. */
  stepMicros: number;
  /** Of the CPU of the bare proxy in the same round. */
  ratio: number;
  /** Milliseconds, against the bare proxy in the same round. */
  addedP50: number;
  addedP99: number;
  memoryMb: number;
  failed: number;
}

interface Started {
  subject: Subject;
  running: Running & { origin: string };
}

const folder = mkdtempSync(join(tmpdir(), 'keeptrusts-bench-'));
const upstreamPort = await freePort();
const upstream = await start('hack/bench/upstream.ts', [String(upstreamPort)], 1, firstLine);
const started: Started[] = [];
const rows: Row[] = [];
try {
  for (const subject of values.against.length === 0 ? subjects : versions(values.against)) {
    const running = await subject.start({ upstream: `http://127.0.0.1:${upstreamPort}`, folder });
    started.push({ subject, running });
  }
  for (const form of ['json', 'sse'] as const) {
    if (form !== (values.form ?? form)) continue;
    for (const { running } of started) await load(running.origin, bodies[form], 64, WARM_UP);
    for (const connections of values.connections === undefined ? [1, 64] : [Number(values.connections)])
      rows.push(...(await compare(started, form, connections)));
  }
} finally {
  for (const { running } of started) await running.stop();
  await upstream.stop();
  rmSync(folder, { recursive: true, force: true });
}
console.log(values.json ? JSON.stringify(rows, null, 2) : table(rows));

/** Measures all subjects in turns; each round begins with another, so that none has the best place. */
async function compare(all: readonly Started[], form: Row['form'], connections: number): Promise<Row[]> {
  const samples = all.map((): Sample[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < all.length; turn += 1) {
      const at = (turn + round) % all.length;
      const { running } = all[at]!;
      const before = cpuMicros(running.pid);
      const result = await load(running.origin, bodies[form], connections, { seconds });
      const cpu = (cpuMicros(running.pid) - before) / result.requests;
      samples[at]!.push({ ...result, cpu, memoryMb: residentMb(running.pid) });
    }
  }
  return all.map(({ subject }, at) => {
    const own = samples[at]!;
    const bare = samples[0]!;
    const step = samples[Math.max(0, at - 1)]!;
    return {
      subject: subject.name,
      form,
      connections,
      requestsPerSecond: median(own.map((one) => one.requests / one.seconds)),
      cpuMicros: median(own.map((one) => one.cpu)),
      stepMicros: median(own.map((one, i) => one.cpu - (at === 0 ? 0 : step[i]!.cpu))),
      ratio: median(own.map((one, i) => one.cpu / bare[i]!.cpu)),
      addedP50: median(own.map((one, i) => one.p50 - bare[i]!.p50)),
      addedP99: median(own.map((one, i) => one.p99 - bare[i]!.p99)),
      failed: own.reduce((sum, one) => sum + one.failed, 0),
      memoryMb: Math.max(...own.map((one) => one.memoryMb)),
    };
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function table(all: readonly Row[]): string {
  const lines = [
    '| form | connections | subject | requests/s | CPU µs a request | of that, this step | × bare | added p50 ms | added p99 ms | memory MB | failed |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
  ];
  for (const row of all) {
    const { form, connections, subject, failed } = row;
    const figures = [
      row.requestsPerSecond.toFixed(0),
      row.cpuMicros.toFixed(0),
      row.stepMicros.toFixed(0),
      row.ratio.toFixed(2),
      row.addedP50.toFixed(3),
      row.addedP99.toFixed(3),
      row.memoryMb.toFixed(0),
    ];
    lines.push(`| ${[form, connections, subject, ...figures, failed].join(' | ')} |`);
  }
  return lines.join('\n');
}
