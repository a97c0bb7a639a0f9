import { configHash, writePolicyConfig } from '../../gateway/contract/write.ts';
import { acceptObjects } from './accept.ts';
import { writeAccepted } from './accepted.ts';
import type { FieldSource } from './combine.ts';
import { compile } from './compile.ts';
import type { Linter } from './lint.ts';
import { type AcceptedSpec, type Finding, KINDS, type ObjectName, type Snapshot } from './snapshot.ts';

/** Everything that follows from a snapshot, ready to be rendered and to be told. */
export interface Decision {
  revision: { number: number; hash: string };
  document: string;
  /** Why no gateway would take the document, though each object in it is valid; null where all would. */
  refused: string | null;
  /** `acceptedSpecs` as text, kept beside the document. */
  accepted: string;
  /** The source of each entry and of each combined field, as text. */
  sources: string;
  acceptedSpecs: AcceptedSpec[];
  /** Generation of every object that was looked at, by uid: status speaks of no other. */
  considered: Readonly<Record<string, number>>;
  fields: FieldSource[];
  findings: Finding[];
  /** Names of the policies that apply and of the targets that may be asked. */
  policies: string[];
  targets: string[];
  /** Secret keys that the targets name. */
  credentials: { name: string; key: string }[];
  /** The objects and generations that the document came from. */
  objects: (ObjectName & { generation: number })[];
}

/** Decides one gateway's configuration. Pure: time, chance and order of arrival have no part in it. */
export function decide(snapshot: Snapshot, linter: Linter): Decision {
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
  const document = writePolicyConfig({ ...config, revision: { number, hash } });
  const refused = linter.document(document);
  return {
    revision: { number, hash },
    document,
    refused: refused.length === 0 ? null : refused.join('; '),
    accepted: writeAccepted(inForce.accepted),
    sources: `${JSON.stringify({ entries: config.chain.map(({ id, source }) => ({ id, source })), fields }, null, 1)}\n`,
    acceptedSpecs: inForce.accepted,
    considered: Object.fromEntries(lookedAt(snapshot).map(({ uid, generation }) => [uid, generation])),
    fields,
    findings: [...inForce.findings, ...findings],
    policies: policies.map((policy) => policy.name),
    targets: targets.map((target) => target.name),
    credentials: credentialsOf(targets),
    objects: [
      ...policies.map((policy) => named(KINDS.policy, policy)),
      ...targets.map((target) => named(KINDS.target, target)),
    ],
  };
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
