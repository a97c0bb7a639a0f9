import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { admissionOf } from '../../../operator/local/admission.ts';
import { readCrds } from '../../../operator/local/crds.ts';
import { createValidator } from '../../../operator/local/validate.ts';
import type { Manifest } from '../../../operator/runtime/objects.ts';

const admit = admissionOf(
  createValidator(readCrds(fileURLToPath(new URL('../../../crds', import.meta.url)))),
);
const secret = (content: object): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', namespace: 'a' },
  ...content,
});
const gateway = (spec: unknown): Manifest => ({
  apiVersion: 'governance.keeptrusts.com/v1alpha1',
  kind: 'GovernanceGateway',
  metadata: { name: 'g', namespace: 'a' },
  spec,
});

describe('admission of local objects', () => {
  it('folds stringData of a Secret into data, and the plain text wins', () => {
    const admitted = admit(secret({ data: { a: 'b2xk', b: 'Yg==' }, stringData: { a: 'new' } }), undefined);
    expect(admitted.data).to.deep.equal({ a: Buffer.from('new').toString('base64'), b: 'Yg==' });
    expect(admitted).to.not.have.property('stringData');
  });

  it('refuses values that are no strings without showing them, and keys that are paths', () => {
    expect(() => admit(secret({ stringData: { pin: 123456 } }), undefined)).to.throw(
      /stringData: every value must be a string/,
    );
    expect(() => admit(secret({ stringData: { pin: 123456 } }), undefined)).to.not.throw(/123456/);
    for (const key of ['../x', 'a/b', '..data', '.', '']) {
      expect(() => admit(secret({ stringData: { [key]: 'x' } }), undefined)).to.throw(/not a valid key/);
    }
  });

  it('fills in the defaults of our kinds', () => {
    expect(admit(gateway({}), undefined).spec).to.deep.include({ replicas: 1, drainGraceSeconds: 60 });
  });

  it('says everything that is wrong, with its path, up to a bound', () => {
    expect(() => admit(gateway({ replicas: -1, drainGraceSeconds: 0 }), undefined)).to.throw(
      /spec\.replicas: .*; spec\.drainGraceSeconds: /,
    );
    const unknown = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`field${n}`, 1]));
    expect(() => admit(gateway(unknown), undefined)).to.throw(/; and 20 more$/);
  });

  it('passes what the operator itself makes', () => {
    const deployment: Manifest = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', namespace: 'a' },
    };
    expect(admit(deployment, undefined)).to.equal(deployment);
  });
});
