import type { CompiledEntry } from '../config/plan.ts';
import { NOT_RUN } from './reasons.ts';
import { type EntryResult, MAX_RECORDED_FINDINGS, stronger } from './verdict.ts';

const RANK: Record<EntryResult['outcome'], number> = { not_run: 0, no_findings: 1, findings: 2, error: 3 };

/**
 * The results of an event: one per entry and phase, in chain order. Several hooks of an entry in one phase become one
 * line; an entry that looked at something in one phase is not listed as idle in another; one that no runner reported
 * is `not_run` for the given reason.
 */
export function mergeResults(
  entries: readonly CompiledEntry[],
  results: readonly EntryResult[],
  absent: string,
): EntryResult[] {
  const merged: EntryResult[] = [];
  for (const compiled of entries) {
    const own = byPhase(results, compiled.entry.id);
    if (own.length === 0) {
      merged.push(notRun(compiled, absent));
      continue;
    }
    const before = merged.length;
    for (const one of own) if (tells(one)) merged.push(one);
    if (merged.length === before) merged.push(own[0]!);
  }
  return merged;
}

function tells({ outcome, reason }: EntryResult): boolean {
  return outcome !== 'not_run' || reason !== NOT_RUN.noText;
}

/** The line of an entry that was not reached. */
function notRun(
  { entry, kind }: CompiledEntry,
  reason: string,
  phase: EntryResult['phase'] = 'input',
): EntryResult {
  return {
    entry: { id: entry.id, kind: entry.kind, mode: entry.mode, source: entry.source },
    version: kind.version,
    phase,
    outcome: 'not_run',
    verdict: 'allow',
    reason,
    score: null,
    findings: [],
    findings_more: 0,
    us: 0,
  };
}

function byPhase(results: readonly EntryResult[], id: string): EntryResult[] {
  let own: EntryResult[] | null = null;
  for (const result of results) {
    if (result.entry.id !== id) continue;
    if (own === null) {
      own = [result];
      continue;
    }
    let at = 0;
    while (at < own.length && own[at]!.phase !== result.phase) at += 1;
    if (at === own.length) own.push(result);
    else own[at] = united(own[at]!, result);
  }
  return own ?? [];
}

/** Two hooks of one entry in one phase. The reason is that of the stronger verdict, then of the worse outcome. */
function united(a: EntryResult, b: EntryResult): EntryResult {
  const weight = (one: EntryResult): EntryResult['verdict'] => one.would_verdict ?? one.verdict;
  const sameWeight = weight(a) === weight(b);
  const first = sameWeight
    ? RANK[a.outcome] >= RANK[b.outcome]
    : stronger(weight(a), weight(b)) === weight(a);
  const findings = [...a.findings, ...b.findings];
  return {
    ...(first ? a : b),
    outcome: RANK[a.outcome] >= RANK[b.outcome] ? a.outcome : b.outcome,
    score: a.score === null ? b.score : Math.max(a.score, b.score ?? a.score),
    findings: findings.slice(0, MAX_RECORDED_FINDINGS),
    findings_more: a.findings_more + b.findings_more + Math.max(0, findings.length - MAX_RECORDED_FINDINGS),
    us: Math.round((a.us + b.us) * 10) / 10,
  };
}
