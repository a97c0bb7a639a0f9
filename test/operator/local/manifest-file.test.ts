import { join } from 'node:path';
import { expect } from 'chai';
import { readCrds } from '../../../operator/local/crds.ts';
import { parseManifestFile } from '../../../operator/local/manifest-file.ts';
import { createValidator } from '../../../operator/local/validate.ts';
import type { Manifest } from '../../../operator/runtime/objects.ts';

const target = (metadata: string): Manifest => {
  const parsed = parseManifestFile(
    `apiVersion: governance.keeptrusts.com/v1alpha1\nkind: ProviderTarget\nmetadata: ${metadata}\nspec: {provider: mock}\n`,
  );
  if ('problem' in parsed) throw new Error(parsed.problem.message);
  return parsed.objects[0]!.manifest;
};

describe('manifest files', () => {
  it('lose what a server had set, so that what was read from one can be applied', () => {
    const { metadata } = target(
      '{name: a, uid: x, resourceVersion: "7", generation: 3, ownerReferences: [], managedFields: [], labels: {a: b}}',
    );
    expect(metadata).to.deep.equal({ name: 'a', namespace: 'default', labels: { a: 'b' } });
  });

  it('keep a misspelt field of the metadata, so that the validator tells of it as an API server would', () => {
    const validator = createValidator(readCrds(join(import.meta.dirname, '../../../crds')));
    expect(validator.validate(target('{name: a, lables: {a: b}}')).errors).to.deep.equal([
      { path: 'metadata.lables', code: 'Unknown', message: 'unknown field "metadata.lables"' },
    ]);
  });

  it('take a label without a value for an empty one', () => {
    expect(target('{name: a, labels: {a: }, annotations: }').metadata).to.deep.equal({
      name: 'a',
      namespace: 'default',
      labels: { a: '' },
    });
  });
});
