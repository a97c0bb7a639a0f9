import type { Entry } from '../contract/document.ts';
import type { Phase } from '../policies/kind.ts';

/** What happened. "Could not run" is an `error` beside it, never one of these. */
export type Verdict = 'allow' | 'block' | 'redact' | 'escalate';

/** One finding as it is written on the event: where and what, never the text. */
export interface RecordedFinding {
  type: string;
  /** Path of the leaf. */
  field: string;
  /** UTF-16 offset and length in the leaf as it was scanned. */
  offset: number;
  length: number;
}

/** What became of one entry in one phase, while the request is on its way. */
export interface EntryResult {
  entry: Pick<Entry, 'id' | 'kind' | 'mode' | 'source'>;
  /** Version of the detector that looked. */
  version: string;
  phase: Phase | 'route';
  outcome: 'no_findings' | 'findings' | 'error' | 'not_run';
  /** What was done. */
  verdict: Verdict;
  /** What Enforce would have done, where Observe or Guide withheld it. */
  would_verdict?: Verdict;
  /** Dotted: `dlp.term`, `pii.ssn`, … or why it did not run: `blocked_earlier`, `not_buffered`, … */
  reason?: string;
  /** Highest score seen, also below the threshold; `null` where the detector has none. */
  score: number | null;
  /** At most 64; what is over is counted. */
  findings: RecordedFinding[];
  findings_more: number;
  /** Microseconds. */
  us: number;
}

/** What became of one entry, as it stands on the event. */
export type RecordedEntry = EntryResult['entry'] & {
  /** Version of the detector that looked. */
  version: string;
  /** In the order of the request's way. */
  phases: RecordedPhase[];
};

/** The result of one phase. Absent: it did not run and took no time, no score, no findings, none left out. */
export type RecordedPhase = Pick<EntryResult, 'phase' | 'outcome'> &
  Partial<Pick<EntryResult, 'us' | 'would_verdict' | 'reason' | 'findings' | 'findings_more'>> & {
    /** Null where the entry did not run, or could not. */
    verdict: Verdict | null;
    score?: number;
  };

export const MAX_RECORDED_FINDINGS = 64;

const RANK: Record<Verdict, number> = { allow: 0, redact: 1, escalate: 2, block: 3 };

/** The stronger of two verdicts. Block beats escalate beats redact beats allow. */
export function stronger(a: Verdict, b: Verdict): Verdict {
  return RANK[a] >= RANK[b] ? a : b;
}
