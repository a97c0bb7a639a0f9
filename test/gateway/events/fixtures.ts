import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BeginRecord, DecisionEvent } from '../../../gateway/events/event.ts';
import { createEventIds } from '../../../gateway/events/ids.ts';
import type { Log } from '../../../gateway/events/log.ts';
import { readForward, type StoredLine } from '../../../gateway/events/reader.ts';
import type { InstanceReport } from '../../../gateway/events/report.ts';
import { openSpool, type Spool, type SpoolOptions } from '../../../gateway/events/spool.ts';

export const newId = createEventIds({ clock: Date.now, random: randomBytes });

/** Keeps what was logged. */
export function memoryLog(): Log & { lines: { level: string; fields: object; message: string }[] } {
  const lines: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}

export function decision(over: Partial<DecisionEvent> = {}): DecisionEvent {
  return {
    id: newId(),
    kind: 'decision',
    ts: new Date().toISOString(),
    purpose: 'production',
    request_id: 'req-1',
    dialect: 'chat',
    stream_response: false,
    status: 200,
    verdict: 'allow',
    mode: 'enforce',
    reason: 'all_policies_passed',
    policy: null,
    error: null,
    degraded: false,
    requested_model: 'gpt-4o-mini',
    model: 'gpt-4o-mini-2024',
    provider: 'openai',
    target: 'main',
    attempts: [{ target: 'main', provider: 'openai', status: 200, error: null, ms: 12.5 }],
    finish_reasons: ['stop'],
    team: 'payments',
    project: null,
    use_case: null,
    task_id: null,
    key: 'key-1',
    user_token: 'usr_abc',
    client_token: null,
    token_key: 'tk_2026-11_00000000',
    usage: {
      input: 10,
      cached_input: 0,
      cache_write: 0,
      output: 5,
      reasoning: 0,
      audio_input: 0,
      audio_output: 0,
      source: 'provider',
    },
    cost: 0.0000045,
    cost_nanos: 4500,
    cost_source: 'target',
    latency_ms: 13.25,
    timings_ms: { input: 0.1, route: 0.01, upstream_first_byte: 12, upstream: 12.5, output: 0.1 },
    entries: [
      {
        id: 'pii',
        kind: 'pii-detector',
        mode: 'enforce',
        source: { level: 'document', index: 0 },
        version: '1',
        phases: [{ phase: 'input', outcome: 'no_findings', verdict: 'allow', us: 40 }],
      },
    ],
    coverage: { request_bytes_scanned: 2400, response_bytes_scanned: 20, skipped: [] },
    edits: [],
    revision: { number: null, hash: 'sha256:00' },
    facts: {},
    ...over,
  };
}

export function begin(event: Pick<DecisionEvent, 'id'>): BeginRecord {
  const { ts, request_id, dialect, requested_model, team, project, key } = decision();
  const { user_token, client_token, token_key, revision } = decision();
  return {
    id: event.id,
    ts,
    request_id,
    dialect,
    requested_model,
    team,
    project,
    key,
    user_token,
    client_token,
    token_key,
    revision,
  };
}

/** A folder that is deleted when `remove` is called. */
export function tempFolder(): { dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'kt-spool-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

export function spoolAt(dir: string, over: Partial<SpoolOptions> = {}): Spool {
  return openSpool({
    dir,
    namespace: 'shop',
    gateway: 'default',
    instance: 'test',
    clock: Date.now,
    random: randomBytes,
    onFull: 'block',
    logger: memoryLog(),
    ...over,
  });
}

export async function linesOf(spool: Spool): Promise<StoredLine[]> {
  const lines: StoredLine[] = [];
  for await (const chunk of readForward(spool, 0)) lines.push(...chunk);
  return lines;
}

export interface ReadEvent {
  id: string;
  kind: string;
  seq: number;
  stream: string;
  verdict: string | null;
  [field: string]: unknown;
}

export async function eventsOf(spool: Spool): Promise<ReadEvent[]> {
  return (await linesOf(spool)).map((line) => JSON.parse(line.record.toString()));
}

export function segmentFiles(dir: string): string[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith('.seg'))
    .sort()
    .map((name) => join(dir, name));
}

/** What an instance with nothing to tell reports. */
export const REPORT: InstanceReport = {
  contract: 1,
  version: '0.1.0',
  ready: true,
  unready: null,
  revision: null,
  rejected: null,
  targets: [],
  backlog: 0,
  stream: null,
  next_seq: 0,
  spool_bytes: 0,
  dropped: 0,
};
