import { createHash } from 'node:crypto';
import type { PolicyConfig } from '../../gateway/contract/document.ts';
import type { KindContracts } from '../../gateway/contract/kind-contract.ts';
import { type Problem, readPolicyConfig } from '../../gateway/contract/read.ts';
import { writePolicyConfig } from '../../gateway/contract/write.ts';
import { compile } from './compile.ts';
import { kindNames, settingsPathToResource } from './mapping.ts';
import type { Policy, Target } from './snapshot.ts';

/** At most this many problems of one object are told. */
const MAX_PROBLEMS = 10;

/** Answers about whole documents that are remembered: most reconciles change nothing. */
const MAX_DOCUMENTS = 256;

/**
 * Whether an object could stand in a document, asked before it does. Each object is compiled alone and read as a
 * gateway would read it, so that what passes here is refused by no gateway.
 */
export interface Linter {
  /** What is wrong, in words; empty for a policy that may be compiled. */
  policy(policy: Policy): string[];
  target(target: Target): string[];
  /** What is wrong with a whole compiled document. */
  document(text: string): string[];
}

/** `kinds` are the policy kinds of this release. Answers are remembered as long as the specification lives. */
export function createLinter(kinds: KindContracts): Linter {
  const known = new WeakMap<object, string[]>();
  const documents = new Map<string, string[]>();
  const remembered = (spec: object, lint: () => string[]): string[] => {
    const answer = known.get(spec) ?? told(lint);
    known.set(spec, answer);
    return answer;
  };
  const read = (text: string): Problem[] => readPolicyConfig(text, { kinds }).problems;
  return {
    policy: (policy) =>
      remembered(policy.spec, () => {
        const { config } = compile(alone(policy.namespace), { policies: [forAll(policy)], targets: [] });
        return read(writePolicyConfig(config)).map((problem) => policyProblem(problem, config));
      }),
    target: (target) =>
      remembered(target.spec, () => {
        const { config } = compile(alone(target.namespace), { policies: [], targets: [target] });
        return read(writePolicyConfig(config)).map(({ code, path, message }) => {
          return `${path.replace(/^providers\.targets\[0\]\.?/, 'spec.')}: ${code} ${message}`;
        });
      }),
    document: (text) => {
      const key = createHash('sha256').update(text).digest('hex');
      const lint = (): string[] => read(text).map(({ code, path, message }) => `${path}: ${code} ${message}`);
      const answer = documents.get(key) ?? told(lint);
      documents.set(key, answer);
      if (documents.size > MAX_DOCUMENTS) documents.delete(documents.keys().next().value ?? '');
      return answer;
    },
  };
}

const alone = (namespace: string) => ({ namespace, gateway: 'lint', controlPlane: null });

/** The policy as if it governed every gateway: which it names has no part in whether it is valid. */
function forAll(policy: Policy): Policy {
  const { gateways: _, ...spec } = policy.spec;
  return { ...policy, spec };
}

/** Says where in the resource the problem is: the chain of a policy alone has its entries in their order. */
function policyProblem({ code, path, message }: Problem, config: PolicyConfig): string {
  const place = path.replace(
    /^policies\.chain\[(\d+)\](?:\.settings)?\.?(.*)$/,
    (_, index: string, rest: string) => {
      const { kind } = config.chain[Number(index)]!;
      const settings = rest === '' ? '' : `.${settingsPathToResource(kind, rest)}`;
      return `spec.entries[${index}].${kindNames(kind).member}${settings}`;
    },
  );
  return `${place}: ${code} ${message}`;
}

/** A specification that its own schema refuses (an older version stored it) is invalid too. */
function told(lint: () => string[]): string[] {
  let problems: string[];
  try {
    problems = lint();
  } catch (error) {
    problems = [error instanceof Error ? error.message : String(error)];
  }
  const more = problems.length - MAX_PROBLEMS;
  return more > 0 ? [...problems.slice(0, MAX_PROBLEMS), `and ${more} more`] : problems;
}
