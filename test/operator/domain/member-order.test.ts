import { join } from 'node:path';
import { expect } from 'chai';
import { writePolicyConfig } from '../../../gateway/contract/write.ts';
import { compile } from '../../../operator/domain/compile.ts';
import { readCrds } from '../../../operator/local/crds.ts';
import { createValidator } from '../../../operator/local/validate.ts';
import { handWritten } from '../../crds/corpus.ts';

const validator = createValidator(readCrds(join(import.meta.dirname, '../../../crds')));

/** The same value with the members of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).map(([name, member]): [string, unknown] => [name, reversed(member)]);
  return Object.fromEntries(members.reverse());
}

function accepted(kind: string): { name: string; spec: unknown }[] {
  return handWritten(kind)
    .filter(({ errors }) => errors.length === 0)
    .map(({ name, object }) => ({ name, spec: validator.validate(object).object!['spec'] }));
}

describe('the compiled document', () => {
  const scope = { namespace: 'team-a', gateway: 'default', controlPlane: null };
  const resource = (spec: unknown) => ({
    namespace: 'team-a',
    name: 'one',
    uid: 'uid-1',
    generation: 1,
    spec: spec as never,
  });
  const text = (policy: unknown, target: unknown): string =>
    writePolicyConfig(compile(scope, { policies: [resource(policy)], targets: [resource(target)] }).config);
  const [anyPolicy] = accepted('GovernancePolicy');
  const [anyTarget] = accepted('ProviderTarget');

  // An API server gives members back by name, a file as they were written.
  for (const { name, spec } of accepted('GovernancePolicy')) {
    it(`does not show in which order a policy names its fields: ${name}`, () => {
      expect(text(reversed(spec), anyTarget!.spec)).to.equal(text(spec, anyTarget!.spec));
    });
  }

  for (const { name, spec } of accepted('ProviderTarget')) {
    it(`does not show in which order a target names its fields: ${name}`, () => {
      expect(text(anyPolicy!.spec, reversed(spec))).to.equal(text(anyPolicy!.spec, spec));
    });
  }
});
