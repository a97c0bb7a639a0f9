import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import type { GovernancePolicyBody } from '../../crds/types/governancepolicy.ts';
import type { ProviderTargetBody } from '../../crds/types/providertarget.ts';
import { loadKindContracts } from '../../gateway/contract/kinds.ts';
import { readPolicyConfig } from '../../gateway/contract/read.ts';
import { writePolicyConfig } from '../../gateway/contract/write.ts';
import { compile } from '../../operator/domain/compile.ts';
import { readCrds } from '../../operator/local/crds.ts';
import { createValidator } from '../../operator/local/validate.ts';

const root = join(import.meta.dirname, '../..');
const validator = createValidator(readCrds(join(root, 'crds')));

function objectsOf(file: string): unknown[] {
  const documents = parseAllDocuments(readFileSync(join(root, file), 'utf8'));
  if (!Array.isArray(documents)) throw new Error(`${file} is empty`);
  return documents.map((document) => document.toJS());
}

/** The first object of a kind in a folder, with its defaults. */
function sample<Body>(folder: string, kind: string): Body {
  const objects = globSync(`config/samples/${folder}/*.yaml`, { cwd: root }).flatMap(objectsOf);
  const found = objects.find((object) => (object as { kind?: string }).kind === kind);
  return validator.validate(found).object as unknown as Body;
}

describe('samples', () => {
  for (const file of globSync('config/samples/**/*.yaml', { cwd: root }).sort()) {
    it(`${file} is valid`, () => {
      const objects = objectsOf(file);
      expect(objects).to.not.be.empty;
      for (const object of objects) expect(validator.validate(object).errors).to.equal(undefined);
    });
  }

  for (const folder of readdirSync(join(root, 'config/samples'))) {
    it(`${folder} compiles to a document without errors`, async () => {
      const all = globSync(`config/samples/${folder}/*.yaml`, { cwd: root }).flatMap(objectsOf);
      const resources = (
        kind: string,
      ): { namespace: string; name: string; uid: string; generation: number; spec: never }[] =>
        all.flatMap((object) => {
          const valid = validator.validate(object).object as {
            kind: string;
            metadata: { name: string };
            spec: never;
          };
          if (valid.kind !== kind) return [];
          const { name } = valid.metadata;
          return [{ namespace: 'default', name, uid: name, generation: 1, spec: valid.spec }];
        });
      const scope = { namespace: 'default', gateway: 'default', controlPlane: null };
      const { config, findings } = compile(scope, {
        policies: resources('GovernancePolicy'),
        targets: resources('ProviderTarget'),
      });
      expect(findings).to.deep.equal([]);
      const read = readPolicyConfig(writePolicyConfig(config), { kinds: await loadKindContracts() });
      expect(read.problems).to.deep.equal([]);
      expect(read.config?.chain.length).to.be.greaterThan(0);
    });
  }

  it('the quick start uses every policy kind once and lets anonymous callers in', () => {
    const { spec } = sample<GovernancePolicyBody>('quickstart', 'GovernancePolicy');
    expect(spec.entries?.map(({ kind }) => kind)).to.have.members([
      'AuditLogger',
      'DataRoutingPolicy',
      'DlpFilter',
      'PiiDetector',
      'ResponseRewriter',
    ]);
    expect(spec.mode).to.equal('Enforce');
    expect(spec.identity?.anonymousCallers).to.equal('Allowed');
  });

  it('the quick start’s target needs no account and has prices for what it serves', () => {
    const { spec } = sample<ProviderTargetBody>('quickstart', 'ProviderTarget');
    expect(spec.provider).to.equal('mock');
    const priced = spec.models?.filter(({ prices }) => prices !== undefined).map(({ name }) => name);
    expect(priced).to.include.members(['gpt-4o-mini', 'echo']);
  });

  it('the observing sample enforces nothing', () => {
    const { spec } = sample<GovernancePolicyBody>('observe', 'GovernancePolicy');
    expect([spec.mode, ...(spec.entries ?? []).map(({ mode }) => mode)]).to.not.include('Enforce');
  });
});
