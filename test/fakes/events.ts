import { hashText, leafHash } from '../../gateway/contract/evidence.ts';

/** Chained records as a gateway writes them: allow, redact, block in turn. `ts` in milliseconds since the epoch. */
export function exampleEvents(options: {
  stream: string;
  count: number;
  ts: number;
  namespace?: string;
  gateway?: string;
  instance?: string;
}): string[] {
  const verdicts = ['allow', 'redact', 'block'] as const;
  let head = '';
  return Array.from({ length: options.count }, (_, seq) => {
    const verdict = verdicts[seq % 3]!;
    const blocked = verdict === 'block';
    const record = JSON.stringify({
      schema: 1,
      stream: options.stream,
      seq,
      prev_hash: head,
      namespace: options.namespace ?? 'default',
      gateway: options.gateway ?? 'default',
      instance: options.instance ?? 'default-0',
      id: `evt_01JD${String(options.ts).slice(-10)}${String(seq).padStart(12, '0')}`,
      kind: 'decision',
      ts: new Date(options.ts + seq).toISOString(),
      purpose: 'production',
      request_id: `req-${seq}`,
      dialect: 'chat',
      stream_response: false,
      status: blocked ? 403 : 200,
      verdict,
      mode: 'enforce',
      reason: { allow: 'all_policies_passed', redact: 'pii.ssn', block: 'dlp.term' }[verdict],
      policy: { allow: null, redact: 'pii-detector', block: 'dlp-filter' }[verdict],
      error: null,
      degraded: false,
      requested_model: 'gpt-4o-mini',
      model: 'gpt-4o-mini',
      provider: blocked ? null : 'mock',
      target: blocked ? null : 'mock',
      attempts: [],
      finish_reasons: blocked ? [] : ['stop'],
      team: 'red',
      project: null,
      use_case: null,
      task_id: null,
      key: null,
      user_token: null,
      client_token: null,
      token_key: null,
      usage: null,
      cost: blocked ? null : 0.000036,
      cost_nanos: blocked ? null : 36_000,
      cost_source: blocked ? 'none' : 'target',
      latency_ms: 12.5,
      timings_ms: { input: 0.1, route: 0, upstream_first_byte: 11, upstream: 12, output: 0.1 },
      entries: [],
      coverage: { request_bytes_scanned: 100, response_bytes_scanned: 100, skipped: [] },
      edits: [],
      revision: { number: 1, hash: 'sha256:00' },
      facts: {},
    });
    head = hashText(leafHash(Buffer.from(record)));
    return record;
  });
}
