import type { DataPolicy } from '../contract/document.ts';
import type { Finder } from '../detectors/finder.ts';

/**
 * What a policy kind is. One folder under `policies/` holds one: `schema.json`, `lint.ts`, `kind.ts` (which exports
 * `kind`), a `README.md` paragraph. Folders are found by the registry; nothing else names a kind.
 */
export interface PolicyKind<Settings = never> {
  readonly name: string;
  /** Version of the detector, written on every event: raise it when the same text may get another verdict. */
  readonly version: string;
  /** What it cannot work without. A plan with a kind that needs anything is refused until it can be given. */
  readonly needs: readonly Need[];
  /** The form its text hooks have in a stream; a compiled entry may only be stricter. */
  readonly streaming: StreamingForm;
  /**
   * Settings to hooks, off the request path. May be called twice for one entry: `env.pattern` gives a stand-in until
   * the pattern was judged, and what came of that call is thrown away.
   * Throws only for settings that the kind's `lint.ts` refuses.
   */
  compile(settings: Settings, env: CompileEnv): CompiledPolicy;
}

export type Need = 'session' | 'network' | 'hold' | 'wholeMessage';
/** `windowed`: decides with a bounded look-ahead. `buffered`: needs the whole text. `none`: has no text hooks. */
export type StreamingForm = 'windowed' | 'buffered' | 'none';

export interface CompileEnv {
  /** Makes the scanner of one user-written pattern: V8 where it is proven safe, a linear engine otherwise. */
  pattern(source: string): PatternScanner;
}

/** The hooks that one entry implements. Each is pure. A hook that throws is "could not run", never a verdict. */
export interface CompiledPolicy {
  inspectRequest?(request: RequestFacts): Inspection;
  inspectText?: TextHook;
  /** Rewrites text before anything inspects it. */
  transformText?: TextHook;
  /** Which of these targets may take the request. */
  filterTargets?(targets: readonly TargetFacts[], request: RequestFacts): TargetFilter;
  /** Judges each call of a tool as a whole. */
  inspectToolCall?: ToolCallHook;
  inspectResponse?(response: ResponseFacts): Inspection;
}

export type Phase = 'input' | 'output';

/** Looks at one string and says which spans of it are to change or to stop the request. */
export interface TextHook {
  appliesTo(leaf: LeafFacts): boolean;
  /** What a finding means. For `transformText` it is always `rewrite`. */
  readonly action: 'block' | 'redact' | 'escalate' | 'rewrite';
  /** `buffered` where the scanner cannot bound its matches. */
  readonly form: 'windowed' | 'buffered';
  readonly scanner: TextScanner;
}

/** A span of the scanned text, in UTF-16 units. */
export interface TextFinding {
  /** What was found: `ssn`, `email`, `term`, … A fixed set of names, safe as a metric label. */
  type: string;
  start: number;
  end: number;
  /** What stands there afterwards, for redactions and rewrites. */
  replacement?: string;
  /** 0 to 1; a pattern's hit is 1. */
  score?: number;
}

/**
 * The one way to look at text, whole or streamed.
 *
 * `scan` is given the text known so far and looks at it from index `from` on (what stands before is context for
 * look-behind and word borders; it was decided earlier). It emits, in order and without overlap, each finding that
 * more text cannot change, and returns the *hold*: the smallest index at or after `from` where a match could still
 * begin or grow. `text.slice(0, hold)` is decided. The next call starts at the hold. With `final` true no more text
 * comes and the hold is `text.length`.
 *
 * So the findings of a text scanned in pieces are those of the text scanned at once.
 */
export interface TextScanner {
  /** UTF-16 units; `null` when a match has no upper bound, which makes its hook `buffered`. */
  readonly maxMatchLength: number | null;
  /** How many units before `from` the scanner needs to see again as context. */
  readonly contextLength: number;
  scan(text: string, from: number, final: boolean, emit: (finding: TextFinding) => void): number;
}

/** The scanner of one pattern, before a kind gives its findings a type and a replacement. */
export interface PatternScanner extends Finder {
  /** Names of the pattern's capture groups, with their numbers. */
  readonly groupNames: Readonly<Record<string, number>>;
  /** As `TextScanner.scan`; `groups` holds the whole match first. */
  scan(
    text: string,
    from: number,
    final: boolean,
    hit: (start: number, end: number, groups: readonly (string | undefined)[]) => void,
  ): number;
}

/** Which string of a request or an answer this is. */
export interface LeafFacts {
  readonly phase: Phase;
  /** Path in the body, such as `messages[2].content[0].text`; for a stream the channel's path in the whole answer. */
  readonly path: string;
  /** What the text is, in the dialect's common words. */
  readonly part:
    | 'content'
    | 'reasoning'
    | 'refusal'
    | 'tool_arguments'
    | 'tool_definition'
    | 'logprobs'
    | 'other';
  readonly role?: string;
}

export interface RequestFacts {
  readonly namespace: string;
  readonly gateway: string;
  readonly dialect: string;
  readonly model: string;
  readonly stream: boolean;
  readonly bytes: number;
  readonly team?: string | undefined;
  readonly project?: string | undefined;
  readonly use_case?: string | undefined;
  readonly key?: string | undefined;
  /** Lower-case name to value; only for hooks that name the header in their settings. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface ResponseFacts {
  readonly request: RequestFacts;
  readonly target: TargetFacts;
  readonly model: string | null;
  readonly finishReasons: readonly string[];
  readonly bytes: number;
}

export interface TargetFacts {
  readonly id: string;
  readonly provider: string;
  readonly data_policy: DataPolicy | undefined;
}

/** Looks at one whole call of a tool. In a stream an enforcing entry keeps a call back until it is complete. */
export interface ToolCallHook {
  /**
   * Whose calls it judges: `output` those that an answer asks for, `input` those that stand in the history of a request,
   * which were made before and come again with each further request of the conversation.
   */
  readonly phases: readonly Phase[];
  /** `null` is "no findings". */
  inspect(call: ToolCallFacts): ToolCallInspection;
}

/** One call of a tool, as it stands after the rewriters. */
export interface ToolCallFacts {
  readonly phase: Phase;
  /** Where it stands, such as `choices[0].message.tool_calls[1]`; for a stream in the whole answer. */
  readonly path: string;
  /** Place of the answer's alternative that asks for it, or of the request's message that holds it. */
  readonly owner: number;
  /** Its place among the calls there. */
  readonly index: number;
  /** What its result will be sent under; null where it has none. */
  readonly id: string | null;
  /** Of the tool; empty where the call has none. */
  readonly name: string;
  /** The arguments as the model wrote them, unescaped: a JSON text, or whatever text a tool of free form takes. */
  readonly arguments: string;
  /** The arguments read as JSON; null where they cannot be, or where readers differ, as with one key twice. */
  readonly json: { readonly value: unknown } | null;
}

/**
 * `redact` names spans of `arguments`, in any order. What they cover of strings, keys and numbers is masked, and what holds
 * these together stays, so that JSON stays JSON. A span that covers nothing of them is "could not run".
 */
export type ToolCallInspection =
  | Inspection
  | { readonly action: 'redact'; readonly findings: readonly TextFinding[] };

/** Outcome of a hook that does not look at spans. `null` is "no findings". */
export type Inspection = null | {
  action: 'block' | 'escalate' | 'flag';
  /** Dotted, such as `rbac.header_missing`. */
  reason: string;
  message: string;
  score?: number;
};

export interface TargetFilter {
  /** Ids that may not take the request, each with its dotted reason. */
  excluded: ReadonlyMap<string, string>;
  /** What an empty rest means. */
  whenNone: 'block' | 'warn';
  /** Write the choice on the event even where nothing was excluded. */
  log: boolean;
}
