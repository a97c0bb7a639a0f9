import { checkConfig } from '../../gateway/contract/check-config.ts';
import type { PolicyConfig } from '../../gateway/contract/document.ts';
import { lintContext } from '../../gateway/contract/examine.ts';
import type { KindContracts } from '../../gateway/contract/kind-contract.ts';
import type { LintContext, LintFinding } from '../../gateway/contract/lint-finding.ts';
import { opennessProblems } from '../../gateway/contract/openness.ts';
import { classifyPattern, type PatternVerdict } from '../../gateway/contract/patterns.ts';
import { MAX_DOCUMENT_CHARS } from '../../gateway/contract/yaml-source.ts';
import { compile } from './compile.ts';
import { policyPlace, targetMessage, targetPlace } from './lint-places.ts';
import { Memo } from './memo.ts';
import type { Policy, Target } from './snapshot.ts';

/** At most this many problems and warnings of one object are told. */
const MAX_TOLD = 10;

/** Answers that are remembered, since most reconciles change nothing. */
const MAX_DOCUMENTS = 256;
const MAX_PATTERNS = 4096;

/** What is said of an object, in words; the lists are bounded. */
export interface Lint {
  /** Each keeps the object from being in force. */
  problems: string[];
  /** Each says what has no effect, or cannot be kept. */
  warnings: string[];
}

/**
 * Whether an object could stand in a document, asked before it does. Each object is compiled alone and checked as a
 * gateway would check it, so that what passes here is refused by no gateway.
 */
export interface Linter {
  /**
   * Has the patterns of a policy judged, which may take minutes: false where `signal` ended the wait before. What is
   * asked before they are judged throws `Unjudged`.
   */
  prepare(policy: Policy, signal: AbortSignal): Promise<boolean>;
  policy(policy: Policy): Lint;
  target(target: Target): Lint;
  /** A whole compiled document, by its content hash. Warnings of its objects are not repeated. */
  document(hash: string, config: PolicyConfig, text: string): DocumentLint;
}

export interface DocumentLint {
  problems: string[];
  /** Nothing is checked. */
  unchecked: string[];
  /** Anonymous callers reach stored credentials from other machines. */
  open: string[];
}

/** Judges patterns beside this thread. */
export interface PatternJudge {
  /** Null where the pattern was not judged yet. */
  known(source: string): PatternVerdict | null;
  judge(source: string): Promise<void>;
}

/** A pattern was not judged yet, or was forgotten: whoever asked tries again after `prepare`. */
export class Unjudged extends Error {
  constructor() {
    super('a pattern has not been judged yet');
    this.name = 'Unjudged';
  }
}

export interface LinterOptions {
  /** Policy kinds of this release. */
  kinds: KindContracts;
  /** No control plane keeps the record. */
  loneGateway: boolean;
  /** Address that gateways listen on, such as `0.0.0.0:41002`. */
  listen: string;
  /** Where patterns are judged; on this thread, when they are met, where it is left out. */
  patterns?: PatternJudge;
}

/** Answers are remembered: of an object as long as its specification lives. */
export function createLinter({ kinds, loneGateway, listen, patterns = here() }: LinterOptions): Linter {
  const known = new WeakMap<object, Lint>();
  const sources = new WeakMap<object, Set<string>>();
  const documents = new Memo<DocumentLint>(MAX_DOCUMENTS);
  const context: LintContext = {
    situation: { loneGateway },
    // Nothing is remembered here as well: this lives as long as the process, and each edit may bring other patterns.
    checkPattern(source) {
      const verdict = patterns.known(source);
      if (verdict === null) throw new Unjudged();
      return verdict;
    },
  };
  const remembered = (spec: object, lint: () => Lint): Lint => {
    const answer = known.get(spec) ?? told(lint);
    known.set(spec, answer);
    return answer;
  };
  const check = (config: PolicyConfig): LintFinding[] => checkConfig(config, { kinds, context });
  const documentOf = (policy: Policy): PolicyConfig =>
    compile(alone(policy.namespace), { policies: [forAll(policy)], targets: [] }).config;
  return {
    async prepare(policy, signal) {
      const isUnjudged = (source: string): boolean => patterns.known(source) === null;
      // Also of a policy that was linted: its document asks for them again, and those of others may have displaced them.
      const all = sources.get(policy.spec) ?? patternsIn(() => documentOf(policy), { kinds, loneGateway });
      sources.set(policy.spec, all);
      const unjudged = [...all].filter(isUnjudged);
      if (unjudged.length === 0) return true;
      const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      for (const source of unjudged) {
        if (signal.aborted) return false;
        await Promise.race([patterns.judge(source), aborted]);
        if (isUnjudged(source)) return false;
      }
      return true;
    },
    policy: (policy) =>
      remembered(policy.spec, () => {
        const config = documentOf(policy);
        // That a policy alone checks nothing says nothing of the gateways, where it may stand beside others.
        const findings = check(config).filter(({ code }) => code !== 'W011');
        return split(findings, ({ path }) => policyPlace(path, config));
      }),
    target: (target) =>
      remembered(target.spec, () => {
        const { config } = compile(alone(target.namespace), { policies: [], targets: [target] });
        const findings = check(config)
          .filter(({ path }) => path.startsWith('providers.'))
          .map((finding) => ({ ...finding, message: targetMessage(finding.message) }));
        const { problems, warnings } = split(findings, ({ path }) => targetPlace(path));
        return { problems: [...problemsOfCredential(target.spec), ...problems], warnings };
      }),
    document: (hash, config, text) =>
      documents.get(hash, () => {
        const findings = check(config);
        const { problems } = told(() => split([...tooLong(text), ...findings], ({ path }) => path));
        return {
          problems,
          unchecked: findings.filter(({ code }) => code === 'W011').map(words),
          open: opennessProblems(config, listen).map(words),
        };
      }),
  };
}

/** Patterns are judged when they are met: in a few milliseconds mostly, and up to a second. */
function here(): PatternJudge {
  const verdicts = new Memo<PatternVerdict>(MAX_PATTERNS);
  return { known: (source) => verdicts.get(source, () => classifyPattern(source)), judge: async () => {} };
}

/** The patterns of a document, by what its lint asks; none where it cannot be compiled, which lint will tell. */
function patternsIn(
  document: () => PolicyConfig,
  { kinds, loneGateway }: Pick<LinterOptions, 'kinds' | 'loneGateway'>,
): Set<string> {
  const found = new Set<string>();
  const context = lintContext({ loneGateway }, (source) => {
    found.add(source);
    return { ok: false, error: '' };
  });
  try {
    checkConfig(document(), { kinds, context });
  } catch {
    // What was found until then is judged all the same.
  }
  return found;
}

/**
 * The schema refuses such a key too; one that an older schema let in would have the gateway's whole Deployment refused.
 */
function problemsOfCredential({ credentialSecretRef: ref }: Target['spec']): string[] {
  if (ref === undefined || (ref.key !== '.' && !ref.key.startsWith('..'))) return [];
  return [`spec.credentialSecretRef.key: no Secret has a key that is '.' or begins with '..'`];
}

const alone = (namespace: string) => ({ namespace, gateway: 'lint', controlPlane: null });

/** The policy as if it governed every gateway: which it names has no part in whether it is valid. */
function forAll(policy: Policy): Policy {
  const { gateways: _, ...spec } = policy.spec;
  return { ...policy, spec };
}

function tooLong({ length }: string): LintFinding[] {
  if (length <= MAX_DOCUMENT_CHARS) return [];
  const message = `the document has ${length} characters, at most ${MAX_DOCUMENT_CHARS} are read`;
  return [{ code: 'E026', severity: 'error', path: '', message }];
}

const words = ({ code, message }: { code: string; message: string }): string => `${code} ${message}`;

function split(findings: readonly LintFinding[], place: (finding: LintFinding) => string): Lint {
  const said = (severity: LintFinding['severity']): string[] =>
    findings
      .filter((finding) => finding.severity === severity)
      .map((finding) => [place(finding), words(finding)].filter((part) => part !== '').join(': '));
  return { problems: said('error'), warnings: said('warning') };
}

/** A specification that its own schema refuses (an older version stored it) is invalid too. */
function told(lint: () => Lint): Lint {
  let said: Lint;
  try {
    said = lint();
  } catch (error) {
    if (error instanceof Unjudged) throw error;
    said = { problems: [error instanceof Error ? error.message : String(error)], warnings: [] };
  }
  return { problems: bounded(said.problems), warnings: bounded(said.warnings) };
}

function bounded(lines: readonly string[]): string[] {
  const more = lines.length - MAX_TOLD;
  return more > 0 ? [...lines.slice(0, MAX_TOLD), `and ${more} more`] : [...lines];
}
