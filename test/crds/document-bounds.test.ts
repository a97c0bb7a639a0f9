import { join } from 'node:path';
import { expect } from 'chai';
import { storedSchema } from '../../crds/schema.ts';
import type { GovernancePolicySpec } from '../../crds/types/governancepolicy.ts';
import type { ProviderTargetSpec } from '../../crds/types/providertarget.ts';
import type { KindContracts } from '../../gateway/contract/kind-contract.ts';
import { loadKindContracts } from '../../gateway/contract/kinds.ts';
import { readPolicyConfig } from '../../gateway/contract/read.ts';
import { writePolicyConfig } from '../../gateway/contract/write.ts';
import { compile } from '../../operator/domain/compile.ts';
import type { Policy, Target } from '../../operator/domain/snapshot.ts';
import { readCrds } from '../../operator/local/crds.ts';
import { createValidator } from '../../operator/local/validate.ts';
import { type Case, handWritten } from './corpus.ts';
import { mechanicalProbes } from './mechanical.ts';

const crds = readCrds(join(import.meta.dirname, '../../crds'));
const validator = createValidator(crds);

/** Every object of a kind that the corpus accepts, as its specification with defaults. */
function accepted<Spec>(kind: string): { name: string; spec: Spec }[] {
  const crd = crds.find((candidate) => candidate.spec.names.kind === kind)!;
  const bases = handWritten(kind).filter(({ errors }) => errors.length === 0);
  const made = mechanicalProbes(storedSchema(crd), bases).flatMap(({ accept }): Case[] => accept);
  const seen = new Set<string>();
  return [...bases, ...made].flatMap(({ name, object }) => {
    const spec = validator.validate(object).object?.['spec'] as Spec;
    const text = JSON.stringify(spec);
    if (seen.has(text)) return [];
    seen.add(text);
    return [{ name, spec }];
  });
}

describe('whatever a CRD accepts is accepted by the document that it is compiled to', () => {
  let kinds: KindContracts;
  before(async () => {
    kinds = await loadKindContracts();
  });

  /** What a schema cannot say is lint's: whether a pattern is safe, and that a rule which replaces has one. */
  const lint = /^E017 |`pattern` is missing: a rule that replaces/;

  function problems(policies: readonly Policy[], targets: readonly Target[]): string[] {
    const scope = { namespace: 'team', gateway: 'default', controlPlane: null };
    const { config } = compile(scope, { policies, targets });
    return readPolicyConfig(writePolicyConfig(config), { kinds })
      .problems.map(({ code, path, message }) => `${code} ${path}: ${message}`)
      .filter((problem) => !lint.test(problem));
  }
  const object = { namespace: 'team', name: 'example', uid: 'x', generation: 1 };

  it('a ProviderTarget', () => {
    const specs = accepted<ProviderTargetSpec>('ProviderTarget');
    const refused = specs.flatMap(({ name, spec }) =>
      problems([], [{ ...object, spec }]).map((problem) => `${name}: ${problem}`),
    );
    expect(specs.length).to.be.greaterThan(50);
    expect(refused).to.deep.equal([]);
  });

  it('a GovernancePolicy', () => {
    const specs = accepted<GovernancePolicySpec>('GovernancePolicy');
    const refused = specs.flatMap(({ name, spec }) => {
      // Classifying patterns takes most of the time, so entries are read only where the case is about them.
      const { entries: _entries, ...others } = spec;
      const about = /^spec\.(identity|limits|routing)/.test(name) ? others : spec;
      return problems([{ ...object, spec: { ...about, gateways: ['default'] } }], []).map(
        (problem) => `${name}: ${problem}`,
      );
    });
    expect(specs.length).to.be.greaterThan(50);
    expect(refused).to.deep.equal([]);
  }).timeout(30_000);
});
