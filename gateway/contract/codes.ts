/** What a code means and what to do about it; `docs/reference` lists all of them. */
export interface CodeEntry {
  title: string;
  advice: string;
}

/** Every code of a policy config. `E…` keeps a document from loading, `W…` does not. A code is never given away twice. */
export const CODES = {
  E001: {
    title: 'Unknown policy kind',
    advice: 'Use one of the documented kinds; the message names the nearest one.',
  },
  E002: {
    title: 'Unknown key',
    advice: 'Remove the key or correct its spelling; the message lists the keys that are valid there.',
  },
  E003: {
    title: 'A chained kind has no settings',
    advice:
      'Add a `policy.<kind>` block, or `settings` at the entry, with the fields that the kind requires.',
  },
  E010: {
    title: 'The text is not YAML',
    advice:
      'Correct the syntax at the line named. Indent with spaces, and quote values that hold `: ` or ` #`.',
  },
  E011: {
    title: 'A key stands twice in one map',
    advice: 'Keep one of the two; readers differ in which they would take.',
  },
  E012: {
    title: 'Wrong type',
    advice:
      'Write a value of the type named. Numbers and booleans stand without quotes, versions and prices with them.',
  },
  E013: { title: 'A required field is missing', advice: 'Add the field.' },
  E014: {
    title: 'Out of range',
    advice: 'Choose a number, length or count within the bounds named.',
  },
  E015: { title: 'Not one of the permitted values', advice: 'Use one of the values listed.' },
  E016: { title: 'Malformed value', advice: 'Write the value in the form that the message describes.' },
  E017: {
    title: 'Pattern refused',
    advice:
      'Write the pattern with what both RE2 and JavaScript know. Anything that can take very long on some text is refused.',
  },
  E018: {
    title: 'Policy kind known, but not built',
    advice:
      'Remove the kind from the chain: this release cannot run it, and a check that does not run must not look as if it did.',
  },
  E019: {
    title: 'An entry id stands twice',
    advice: 'Give each entry its own `id`. A kind that is used more than once needs entries with ids.',
  },
  E020: { title: 'A target id stands twice', advice: 'Give each target its own `id`.' },
  E021: {
    title: 'Reserved section',
    advice: 'Remove the section: its name is kept for a later release.',
  },
  E022: {
    title: 'Bad secret reference',
    advice:
      'Write an object with exactly one of `env`, `store` and `file`, such as `secret_key_ref: {env: OPENAI_API_KEY}`.',
  },
  E023: {
    title: 'A secret stands in the document',
    advice: 'Take the value out, change it at the vendor, and refer to it with `secret_key_ref`.',
  },
  E024: {
    title: 'Unsupported contract number',
    advice: 'Run a gateway that knows the contract, or write the document for the contract named.',
  },
  E025: {
    title: 'A policy of the list form cannot be read',
    advice: 'Write it in the canonical form: `policies.chain` and `policy.<kind>`.',
  },
  E026: {
    title: 'Document too large',
    advice: 'A document has at most 1 MiB, a bounded depth, and few aliases.',
  },
  E027: { title: 'A value stands twice in a list', advice: 'Keep one of the two.' },
  E028: {
    title: 'Fields that contradict each other',
    advice: 'Remove one of the fields named.',
  },
  E029: {
    title: 'A key id stands twice',
    advice: 'Give each key of `identity.keys` its own `id`, and list a key only once.',
  },
  E030: {
    title: 'A model name is not unique within its target',
    advice: 'A name or alias may stand at one model of a target only.',
  },
  E031: {
    title: 'The document cannot be read',
    advice: 'Give the path of a file that exists and that the gateway may read.',
  },
  E032: {
    title: 'The document could not be judged',
    advice: 'Simplify its patterns; a fault that stays is one of the program and should be reported.',
  },
  W001: {
    title: 'Settings of a kind that is not chained',
    advice: 'Add the kind to `policies.chain`, or remove the block: it never runs.',
  },
  W002: {
    title: 'Callers without a key at an address that is not loopback',
    advice:
      'Add an `identity` section with keys, or listen on a loopback address. Without the section every caller is refused where targets have stored credentials; with `identity.anonymous` the stored credentials serve everybody.',
  },
  W003: {
    title: 'Retention that cannot be kept',
    advice:
      'Connect the gateway to a control plane, or lower `retention_days`: a spool keeps 7 days or 256 MB, whichever ends first.',
  },
  W004: {
    title: 'An entry waits for the whole text',
    advice: 'Bound the pattern, such as `{1,64}` in place of `+`, so that streams are not held back.',
  },
  W005: {
    title: 'The pack is not enabled',
    advice: 'Set `pack.enabled: true`; until then none of its entries runs.',
  },
  W006: {
    title: 'Part of the list form is not used',
    advice: 'Remove the field, or write the policy in the canonical form.',
  },
  W007: {
    title: 'Settings of a kind that is not built',
    advice: 'They have no effect in this release.',
  },
  W008: {
    title: 'Target without a credential',
    advice: 'Add `secret_key_ref`, unless the upstream asks for none.',
  },
  W009: {
    title: 'Credential sent without encryption',
    advice: 'Use an `https://` address, or reach the upstream over loopback.',
  },
  W010: { title: 'Expired key', advice: 'Remove the key.' },
  W011: {
    title: 'Nothing is checked',
    advice: 'Add entries to `policies.chain`; requests only pass through and are recorded.',
  },
  W012: {
    title: 'Settings that have no effect',
    advice: 'Remove the setting, or set what it depends on.',
  },
  W013: {
    title: 'Target that cannot be served',
    advice:
      'Correct the name of the vendor or the address, or set `base_url` where its API is the OpenAI one. Until then the target gets no request.',
  },
} as const satisfies Record<string, CodeEntry>;

export type Code = keyof typeof CODES;

/** Errors keep a document from loading, warnings do not. */
export function severityOf(code: string): 'error' | 'warning' {
  return code.startsWith('W') ? 'warning' : 'error';
}
