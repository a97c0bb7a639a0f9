import type { CompiledEntry } from '../config/plan.ts';
import type { TextFinding, TextHook } from '../policies/kind.ts';
import { COULD_NOT_RUN, findingReason, NO_APPROVAL, NOT_RUN } from './reasons.ts';
import {
  type EntryResult,
  MAX_RECORDED_FINDINGS,
  type RecordedFinding,
  stronger,
  type Verdict,
} from './verdict.ts';

/**
 * The verdict that a hook's action asks for. Nobody can approve anything yet, so what asks for an approval is a block
 * whose reason ends in `approval_unavailable`: to let it pass would be weaker than its policy says. A rewrite changes
 * text without judging it.
 */
function askedVerdict(action: TextHook['action'] | 'flag'): Verdict {
  if (action === 'block' || action === 'escalate') return 'block';
  return action === 'redact' ? 'redact' : 'allow';
}

/** Collects what one entry found in one phase, and makes the event's line of it. */
export class EntryTally {
  readonly compiled: CompiledEntry;
  readonly phase: EntryResult['phase'];
  /** Whether findings act. Observe and guide withhold them. */
  readonly acts: boolean;
  /** A hook of the entry was called. */
  ran = false;
  failed = false;
  asked: Verdict = 'allow';
  reason: string | undefined;
  /** What the hook says to the caller, for findings that are no spans of text. */
  message: string | undefined;
  /** Why it did not run, where something says so. */
  skipped: string | undefined;
  us = 0;
  #score: number | null = null;
  #findings: RecordedFinding[] | null = null;
  #more = 0;
  #found = false;

  constructor(compiled: CompiledEntry, phase: EntryResult['phase']) {
    this.compiled = compiled;
    this.phase = phase;
    this.acts = compiled.entry.mode === 'enforce';
  }

  get found(): boolean {
    return this.#found;
  }

  get blocks(): boolean {
    return this.acts && this.asked === 'block';
  }

  /** @param base where the scanned text begins in the leaf, in UTF-16 units */
  finding(path: string, base: number, action: TextHook['action'], finding: TextFinding): void {
    const reason = findingReason(this.compiled.kind.name, finding.type);
    this.ask(action, reason, finding.score);
    this.#record({
      type: finding.type,
      field: path,
      offset: base + finding.start,
      length: finding.end - finding.start,
    });
  }

  /** A finding that is no span of text; the reason of the strongest and, among equals, of the first is kept. */
  ask(action: TextHook['action'] | 'flag', reason: string, score?: number, message?: string): void {
    const asked = askedVerdict(action);
    if (!this.#found || stronger(this.asked, asked) !== this.asked) {
      this.reason = action === 'escalate' ? `${reason}.${NO_APPROVAL}` : reason;
      this.message = message;
    }
    this.#found = true;
    this.asked = stronger(this.asked, asked);
    if (score !== undefined) this.#score = Math.max(this.#score ?? 0, score);
  }

  note(field: string, type: string): void {
    this.#record({ type, field, offset: 0, length: 0 });
  }

  result(): EntryResult {
    const { entry, kind } = this.compiled;
    const withheld = !this.acts && this.asked !== 'allow';
    const result: EntryResult = {
      entry: { id: entry.id, kind: entry.kind, mode: entry.mode, source: entry.source },
      version: kind.version,
      phase: this.phase,
      outcome: this.#outcome(),
      verdict: withheld ? 'allow' : this.asked,
      score: this.#score,
      findings: this.#findings ?? [],
      findings_more: this.#more,
      us: Math.round(this.us * 10) / 10,
    };
    if (withheld) result.would_verdict = this.asked;
    const reason = this.#reason();
    if (reason !== undefined) result.reason = reason;
    return result;
  }

  #outcome(): EntryResult['outcome'] {
    if (this.failed) return 'error';
    if (!this.ran) return 'not_run';
    return this.#found ? 'findings' : 'no_findings';
  }

  #reason(): string | undefined {
    if (this.#found) return this.reason;
    if (this.failed) return COULD_NOT_RUN;
    return this.ran ? undefined : (this.skipped ?? NOT_RUN.noText);
  }

  #record(finding: RecordedFinding): void {
    this.#findings ??= [];
    if (this.#findings.length < MAX_RECORDED_FINDINGS) this.#findings.push(finding);
    else this.#more += 1;
  }
}
