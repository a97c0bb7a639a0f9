import type { EntryResult, RecordedEntry, RecordedPhase } from './verdict.ts';

/**
 * The results of a chain as they stand on the event: what names an entry once, and in each phase only what there is
 * to say.
 * @param results those of one entry follow each other
 */
export function recordedEntries(results: readonly EntryResult[]): RecordedEntry[] {
  const recorded: RecordedEntry[] = [];
  let last: EntryResult['entry'] | null = null;
  for (const result of results) {
    const { entry, version } = result;
    if (last === null || last.id !== entry.id) {
      const { id, kind, mode, source } = entry;
      recorded.push({ id, kind, mode, source, version, phases: [] });
    }
    recorded.at(-1)!.phases.push(recordedPhase(result));
    last = entry;
  }
  return recorded;
}

function recordedPhase(result: EntryResult): RecordedPhase {
  const { phase, outcome, verdict, would_verdict, reason, score, findings, findings_more, us } = result;
  // What never looked, or could not, has allowed nothing; what it found before it failed counts.
  const judged = outcome !== 'not_run' && (outcome !== 'error' || verdict !== 'allow');
  const recorded: RecordedPhase = { phase, outcome, verdict: judged ? verdict : null };
  if (outcome !== 'not_run') recorded.us = us;
  if (would_verdict !== undefined) recorded.would_verdict = would_verdict;
  if (reason !== undefined) recorded.reason = reason;
  if (score !== null) recorded.score = score;
  if (findings.length > 0) recorded.findings = findings;
  if (findings_more > 0) recorded.findings_more = findings_more;
  return recorded;
}
