import { join } from 'node:path';
import { expect } from 'chai';
import { storedSchema } from '../../crds/schema.ts';
import { readCrds } from '../../operator/local/crds.ts';
import { createValidator } from '../../operator/local/validate.ts';
import { type Case, handWritten } from './corpus.ts';
import { mechanicalProbes } from './mechanical.ts';
import { describeSteps, locate, places } from './places.ts';

const crds = readCrds(join(import.meta.dirname, '../../crds'));
const validator = createValidator(crds);

/** What is wrong with the validator's answer to a case, or null. */
function difference({ object, errors }: Case): string | null {
  const result = validator.validate(object);
  const told = (result.errors ?? []).map(({ path, message }) => `${path}: ${message}`);
  if (errors.length === 0) return told.length === 0 ? null : `refused: ${told.join('; ')}`;
  const missing = errors.filter(
    ({ path, message }) =>
      !result.errors?.some((error) => error.path === path && error.message.includes(message)),
  );
  if (missing.length === 0) return null;
  return `expected ${missing.map(({ path, message }) => `${path}: ${message}`).join('; ')}, got ${told.join('; ') || 'no error'}`;
}

for (const crd of crds) {
  const { kind } = crd.spec.names;
  const schema = storedSchema(crd);
  const cases = handWritten(kind);
  const accepted = cases.filter(({ errors }) => errors.length === 0);
  const rejected = cases.filter(({ errors }) => errors.length > 0);
  const probes = mechanicalProbes(schema, accepted);

  describe(`corpus of ${kind}`, () => {
    for (const example of cases) {
      it(example.name, () => {
        expect(difference(example)).to.equal(null);
      });
    }

    it('a rejected file is told exactly the errors that it names', () => {
      const others = rejected.flatMap(({ name, object, errors }) =>
        (validator.validate(object).errors ?? [])
          .filter(
            ({ path, message }) => !errors.some((one) => one.path === path && message.includes(one.message)),
          )
          .map(({ path, message }) => `${name}: ${path}: ${message}`),
      );
      expect(others).to.deep.equal([]);
    });

    it('every bound, enum, type and list type has an object within and one beyond it', () => {
      const bare = probes
        .filter(({ constraint, accept, reject }) => {
          return accept.length === 0 || (reject.length === 0 && !constraint.includes(' enum value '));
        })
        .map(({ constraint }) => constraint);
      expect(bare).to.deep.equal([]);
    });

    it('the objects within are accepted', () => {
      expect(told(probes.flatMap(({ accept }) => accept))).to.deep.equal([]);
    });

    it('the objects beyond are rejected at the right place for the right reason', () => {
      expect(told(probes.flatMap(({ reject }) => reject))).to.deep.equal([]);
    });

    it('every CEL rule has an object that meets it and a file that breaks it', () => {
      const bare = places(schema).flatMap(({ schema: node, steps }) =>
        (node['x-kubernetes-validations'] ?? [])
          .filter(({ message }) => {
            const met = accepted.some(({ object }) => locate(object, steps).length > 0);
            const broken = rejected.some(({ errors }) =>
              errors.some((error) => error.message.includes(message)),
            );
            return !met || !broken;
          })
          .map(({ message }) => `${describeSteps(steps)}: ${message}`),
      );
      expect(bare).to.deep.equal([]);
    });
  });
}

function told(cases: readonly Case[]): string[] {
  return cases.flatMap((example) => {
    const wrong = difference(example);
    return wrong === null ? [] : [`${example.name}: ${wrong}`];
  });
}
