import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { storedSchema } from '../../crds/schema.ts';
import { readCrds } from '../../operator/local/crds.ts';

const folder = join(import.meta.dirname, '../../crds');
const crds = readCrds(folder);

describe('CRDs', () => {
  it('are the three kinds of this release under their short names', () => {
    expect(crds.map(({ spec }) => [spec.names.kind, ...spec.names.shortNames])).to.deep.equal([
      ['GovernanceGateway', 'ggw'],
      ['GovernancePolicy', 'gpol'],
      ['ProviderTarget', 'ptgt'],
    ]);
  });

  it('are all named by the kustomization', () => {
    const { resources } = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'));
    expect(resources).to.deep.equal(crds.map(({ spec }) => `${spec.names.plural}.yaml`));
  });

  for (const crd of crds) {
    const { names, group, versions } = crd.spec;

    describe(names.kind, () => {
      it('is named after its plural and group, is namespaced and in the category', () => {
        expect(crd.metadata.name).to.equal(`${names.plural}.${group}`);
        expect(crd.spec.scope).to.equal('Namespaced');
        expect(names.categories).to.deep.equal(['governance']);
      });

      it('has one version with a status subresource', () => {
        expect(versions).to.have.lengthOf(1);
        expect(versions[0]).to.deep.include({
          name: 'v1alpha1',
          served: true,
          storage: true,
          subresources: { status: {} },
        });
      });

      it('shows readiness by the named condition, and its age', () => {
        const columns = versions[0]!.additionalPrinterColumns!;
        const paths = columns.map(({ jsonPath }) => jsonPath);
        expect(paths).to.include.members([
          '.status.conditions[?(@.type=="Ready")].status',
          '.metadata.creationTimestamp',
        ]);
        expect(paths.filter((path) => path.includes('[-1'))).to.deep.equal([]);
      });

      it('keeps conditions by type and the observed generation in its status', () => {
        const { conditions, observedGeneration } = storedSchema(crd).properties!['status']!.properties!;
        expect(conditions).to.deep.include({
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['type'],
        });
        expect(observedGeneration?.type).to.equal('integer');
      });

      it('holds no key of its source form', () => {
        const text = readFileSync(join(folder, `${names.plural}.yaml`), 'utf8');
        expect(text).to.not.match(/x-(include|union)/);
      });
    });
  }
});
