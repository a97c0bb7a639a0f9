import type { PolicyConfig } from '../../gateway/contract/document.ts';
import { configHash } from '../../gateway/contract/write.ts';
import { acceptObjects } from './accept.ts';
import { writeAccepted } from './accepted.ts';
import type { FieldSource } from './combine.ts';
import { compile } from './compile.ts';
import { problemsOfResources } from './gateway-resources.ts';
import type { DocumentLint, Linter } from './lint.ts';
import { type AcceptedSpec, type Finding, KINDS, type ObjectName, type Snapshot } from './snapshot.ts';

/** Which specifications are in force, and what was found out about the objects. */
export interface Judgement {
  acceptedSpecs: AcceptedSpec[];
  /** Generation of every object that was looked at, by uid: status speaks of no other. */
  considered: Readonly<Record<string, number>>;
  findings: Finding[];
}

/** Everything that follows from a snapshot, ready to be rendered and to be told. */
export interface Decision extends Judgement {
  revision: { number: number; hash: string };
  document: string;
  /** Why no gateway would take the document, though each object in it is valid; null where all would. */
  refused: string | null;
  /** `acceptedSpecs` as text, kept beside the document. */
  accepted: string;
  /** The source of each entry and of each combined field, as text. */
  sources: string;
  fields: FieldSource[];
  /** Names of the policies that apply and of the targets that may be asked. */
  policies: string[];
  targets: string[];
  /** Secret keys that the targets name. */
  credentials: { name: string; key: string }[];
  /** The objects and generations that the document came from. */
  objects: (ObjectName & { generation: number })[];
}

export interface DecideTools {
  linter: Linter;
  /** Writes the document: `writePolicyConfig`, or what remembers. */
  write(config: PolicyConfig): string;
}

/** Judges the objects of a namespace that has no gateway to decide. */
export function judge(
  snapshot: Pick<Snapshot, 'policies' | 'targets' | 'accepted'>,
  linter: Linter,
): Judgement {
  const { accepted, findings } = acceptObjects(snapshot, linter);
  const considered = generations([...snapshot.policies, ...snapshot.targets]);
  return { acceptedSpecs: accepted, considered, findings };
}

/** Decides one gateway's configuration. Pure: time, chance and order of arrival have no part in it. */
export function decide(snapshot: Snapshot, { linter, write }: DecideTools): Decision {
  const inForce = acceptObjects(snapshot, linter);
  const { config, fields, findings, policies, targets } = compile(snapshot, inForce);
  const hash = configHash(config);
  const { previous } = snapshot;
  const number = previous?.hash === hash ? previous.number : (previous?.number ?? 0) + 1;
  const named = (
    kind: string,
    { namespace, name, generation }: (typeof policies)[number] | (typeof targets)[number],
  ) => ({
    kind,
    namespace,
    name,
    generation,
  });
  const document = write({ ...config, revision: { number, hash } });
  const lint = linter.document(hash, config, document);
  return {
    revision: { number, hash },
    document,
    refused: lint.problems.length === 0 ? null : lint.problems.join('; '),
    accepted: writeAccepted(inForce.accepted),
    sources: `${JSON.stringify({ entries: config.chain.map(({ id, source }) => ({ id, source })), fields }, null, 1)}\n`,
    acceptedSpecs: inForce.accepted,
    considered: generations(lookedAt(snapshot)),
    fields,
    findings: [
      ...inForce.findings,
      ...findings,
      ...ofResources(snapshot),
      ...ofTheWhole(snapshot, lint, { fields, policies }),
    ],
    policies: policies.map((policy) => policy.name),
    targets: targets.map((target) => target.name),
    credentials: credentialsOf(targets),
    objects: [
      ...policies.map((policy) => named(KINDS.policy, policy)),
      ...targets.map((target) => named(KINDS.target, target)),
    ],
  };
}

function ofResources({ namespace, gateway, gatewayObject }: Snapshot): Finding[] {
  if (gatewayObject === null) return [];
  const object = { kind: KINDS.gateway, namespace, name: gateway };
  return problemsOfResources(gatewayObject.spec).map((problem) => ({
    object,
    reason: 'Invalid',
    message: `${problem}: its pods keep the resources that they have, and get those of an implicit gateway where there are none`,
  }));
}

/** What only the whole shows: that nothing is checked, and that anybody may use the stored credentials. */
function ofTheWhole(
  { namespace, gateway, gatewayObject }: Snapshot,
  { unchecked, open }: DocumentLint,
  { fields, policies }: { fields: readonly FieldSource[]; policies: readonly unknown[] },
): Finding[] {
  const reason = 'AcceptedWithWarnings';
  const whole = { kind: gatewayObject === null ? 'Gateway' : KINDS.gateway, namespace, name: gateway };
  const openers = fields.find(({ path }) => path === 'identity.anonymous')?.from ?? [];
  return [
    // Where no policy governs, nobody is let in, which status says already.
    ...(policies.length === 0 ? [] : unchecked).map(
      (message) => ({ object: whole, reason, message }) as const,
    ),
    ...openers.flatMap((from) => {
      const object = { kind: KINDS.policy, namespace, name: from.slice(from.indexOf('/') + 1) };
      return open.map(
        (message) => ({ object, reason, message: `spec.identity.anonymousCallers: ${message}` }) as const,
      );
    }),
  ];
}

function generations(objects: readonly { uid: string; generation: number }[]): Record<string, number> {
  return Object.fromEntries(objects.map(({ uid, generation }) => [uid, generation]));
}

function lookedAt({ policies, targets, gatewayObject }: Snapshot): { uid: string; generation: number }[] {
  return [...policies, ...targets, ...(gatewayObject === null ? [] : [gatewayObject])];
}

function credentialsOf(
  targets: readonly { spec: { credentialSecretRef?: { name: string; key: string } } }[],
) {
  const refs = targets.flatMap(({ spec }) => spec.credentialSecretRef ?? []);
  const unique = new Map(refs.map(({ name, key }) => [`${name}/${key}`, { name, key }]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, ref]) => ref);
}
