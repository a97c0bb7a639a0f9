import { readFileSync } from 'node:fs';
import { Ajv, type AnySchema } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { storedSchema } from '../../../crds/schema.ts';
import { loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { readCrds } from '../../../operator/local/crds.ts';

const at = (path: string): URL => new URL(`../../../${path}`, import.meta.url);
const read = (path: string): AnySchema => JSON.parse(readFileSync(at(path), 'utf8'));

/** Programs compile them without this check, which would take most of the time of a start. */
describe('schemas that programs trust', () => {
  it('of the document, the event and the kinds are valid', async () => {
    const kinds = [...(await loadKindContracts()).values()].map(({ schema }) => schema);
    const files = ['policy-config.schema.json', 'event.schema.json'];
    for (const schema of [...files.map((file) => read(`gateway/contract/${file}`)), ...kinds]) {
      const ajv = new Ajv2020({ strict: false });
      expect(ajv.validateSchema(schema), ajv.errorsText()).to.equal(true);
    }
  });

  it('of the CRDs are valid', () => {
    for (const crd of readCrds(at('crds').pathname)) {
      const ajv = new Ajv({ strict: false });
      expect(ajv.validateSchema(storedSchema(crd)), ajv.errorsText()).to.equal(true);
    }
  });
});
