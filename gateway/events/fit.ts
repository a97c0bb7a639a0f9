import type { RecordedPhase } from '../pipeline/verdict.ts';
import type { DecisionEvent } from './event.ts';

/** Largest event in bytes, without the record's identity: 64 KiB is what Merkle tree tiles can carry. */
export const MAX_EVENT_BYTES = 60_000;
const SURE_TO_FIT = MAX_EVENT_BYTES / 3;
/** Each step keeps this many findings an entry, skipped leaves, and characters of a text. */
const STEPS = [
  { findings: 8, skipped: 64, text: 1024 },
  { findings: 0, skipped: 8, text: 256 },
] as const;
const MOST_ENTRIES = 64;

function fits(json: string): boolean {
  return json.length <= SURE_TO_FIT || Buffer.byteLength(json) <= MAX_EVENT_BYTES;
}

const cutText = (value: string, most: number): string =>
  value.length <= most ? value : `${value.slice(0, most).toWellFormed()}…`;

function cutFindings(phase: RecordedPhase, most: number): RecordedPhase {
  const { findings } = phase;
  if (findings === undefined || findings.length <= most) return phase;
  const more = (phase.findings_more ?? 0) + findings.length - most;
  return { ...phase, findings: findings.slice(0, most), findings_more: more };
}

function cut(event: DecisionEvent, step: (typeof STEPS)[number]): DecisionEvent {
  const skipped = event.coverage.skipped;
  return {
    ...event,
    request_id: event.request_id && cutText(event.request_id, step.text),
    reason: cutText(event.reason, step.text),
    requested_model: cutText(event.requested_model, step.text),
    model: cutText(event.model, step.text),
    error: event.error && { ...event.error, message: cutText(event.error.message, step.text) },
    entries: event.entries.map((entry) => ({
      ...entry,
      phases: entry.phases.map((phase) => cutFindings(phase, step.findings)),
    })),
    coverage: {
      ...event.coverage,
      skipped: skipped
        .slice(0, step.skipped)
        .map((leaf) => ({ ...leaf, path: cutText(leaf.path, step.text) })),
      skipped_more: (event.coverage.skipped_more ?? 0) + Math.max(0, skipped.length - step.skipped),
    },
  };
}

/**
 * An event as JSON of at most `MAX_EVENT_BYTES`. What does not fit is cut from findings, skipped leaves, long texts
 * and, at the last, from facts and entries; what was cut is counted in `findings_more`, `skipped_more`, `cut`.
 */
export function fitEvent(event: DecisionEvent): string {
  let json = JSON.stringify(event);
  if (fits(json)) return json;
  for (const step of STEPS) {
    json = JSON.stringify({ ...cut(event, step), cut: true });
    if (fits(json)) return json;
  }
  const last = cut(event, STEPS[1]);
  return JSON.stringify({
    ...last,
    attempts: last.attempts.slice(0, 8),
    finish_reasons: last.finish_reasons.slice(0, 8).map((reason) => cutText(reason, 64)),
    edits: last.edits.slice(0, 16).map((edit) => cutText(edit, 64)),
    entries: last.entries.slice(0, MOST_ENTRIES),
    entries_more: Math.max(0, last.entries.length - MOST_ENTRIES),
    facts: {},
    cut: true,
  });
}
