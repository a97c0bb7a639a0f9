import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { storedSchema } from '../../crds/schema.ts';
import type { ProviderTargetSpec } from '../../crds/types/providertarget.ts';
import { targetToDocument } from '../../operator/domain/targets.ts';
import { readCrds } from '../../operator/local/crds.ts';
import { createValidator } from '../../operator/local/validate.ts';
import { handWritten } from './corpus.ts';
import { mechanicalProbes } from './mechanical.ts';

const root = join(import.meta.dirname, '../..');
const crds = readCrds(join(root, 'crds'));
const schema = JSON.parse(readFileSync(join(root, 'gateway/contract/policy-config.schema.json'), 'utf8'));

describe('bounds of resources and of the document', () => {
  it('whatever the CRD accepts as a ProviderTarget is a target that the document accepts', () => {
    const crd = crds.find((candidate) => candidate.spec.names.kind === 'ProviderTarget')!;
    const validator = createValidator([crd]);
    const check = new Ajv2020({ strict: false, allErrors: true }).compile({
      $defs: schema.$defs,
      $ref: '#/$defs/target',
    });
    const accepted = handWritten('ProviderTarget').filter(({ errors }) => errors.length === 0);
    const cases = [
      ...accepted,
      ...mechanicalProbes(storedSchema(crd), accepted).flatMap(({ accept }) => accept),
    ];
    const refused = cases.flatMap(({ name, object }) => {
      const spec = validator.validate(object).object?.['spec'] as ProviderTargetSpec;
      const target = targetToDocument({ namespace: 'team', name: 'example', uid: 'x', generation: 1, spec });
      return check(target) ? [] : [`${name}: ${JSON.stringify(check.errors)}`];
    });
    expect(cases.length).to.be.greaterThan(100);
    expect(refused).to.deep.equal([]);
  });
});
