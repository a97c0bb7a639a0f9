/** Endings of kind names that say what a kind is, not what it looks for. */
const ROLE = /-(?:detector|filter|policy)$/;

/**
 * The dotted reason of a finding: the kind's subject and the finding's type, such as `pii.ssn` for an `ssn` of
 * `pii-detector` or `response_rewriter.disclaimer`.
 */
export function findingReason(kind: string, type: string): string {
  return `${kind.replace(ROLE, '').replaceAll('-', '_')}.${type}`;
}

/** Nothing was found by any entry. */
export const ALL_PASSED = 'all_policies_passed';
/** The caller hung up before any entry ran. */
export const CALLER_GONE = 'caller_gone';
/** Why an entry did not run. */
export const NOT_RUN = {
  /** An entry before it blocked. */
  blocked: 'blocked_earlier',
  /** The request was refused or failed before the entry's turn for a reason that is no policy's. */
  refused: 'refused_earlier',
  /** A check before it could not run, and failed closed. */
  failed: 'failed_earlier',
  /** No string of this phase is one that the entry looks at. */
  noText: 'no_matching_text',
  /** It needs the whole text, and the stream broke off before. */
  unfinished: 'stream_unfinished',
  /** The entry has nothing to look at in a request of this form. */
  nothing: 'nothing_to_inspect',
} as const;
/** The hook threw, or broke the rules of its interface. */
export const COULD_NOT_RUN = 'could_not_run';
/** Ends the reason of a finding that asks for an approval where nobody can give one. */
export const NO_APPROVAL = 'approval_unavailable';
