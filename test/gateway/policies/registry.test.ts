import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import { classifyPattern } from '../../../gateway/contract/patterns.ts';
import { Findings } from '../../../gateway/contract/problem.ts';
import { settingsOf } from '../../../gateway/contract/settings.ts';
import { loadKinds } from '../../../gateway/policies/registry.ts';
import { contractOf, findings, kindOf } from './compile.ts';

const BUILT = ['audit-logger', 'data-routing-policy', 'dlp-filter', 'pii-detector', 'response-rewriter'];
const context = { checkPattern: classifyPattern, situation: { loneGateway: true } };

describe('the registry of policy kinds', () => {
  it('finds every folder', async () => {
    expect([...(await loadKinds()).keys()]).to.include.members(BUILT);
  });

  it('each kind has a strict schema, a lint, a version and a paragraph', async () => {
    for (const [name, { version }] of await loadKinds()) {
      const { schema } = contractOf(name);
      expect(schema['additionalProperties'], name).to.equal(false);
      expect(schema.description, name).to.be.a('string');
      expect(version, name).to.match(/^\d+\.\d+\.\d+$/);
      const { $schema: _dialect, ...rest } = schema;
      expect(() => new Ajv2020({ strict: true }).compile(rest), name).to.not.throw();
      const readme = readFileSync(
        new URL(`../../../gateway/policies/${name}/README.md`, import.meta.url),
        'utf8',
      );
      expect(readme.startsWith(`# ${name}\n\n`), name).to.equal(true);
    }
  });

  it('each kind compiles with its defaults alone, where nothing is required', () => {
    for (const name of BUILT.filter((one) => contractOf(one).schema.required === undefined)) {
      const findings = new Findings();
      const settings = settingsOf(contractOf(name), {}, { base: [], entry: [] }, context, findings);
      expect(findings.failed, name).to.equal(false);
      expect(
        () => kindOf(name).compile(settings as Record<string, unknown>, { pattern: () => expect.fail() }),
        name,
      ).to.not.throw();
    }
  });
});

describe('a sixth kind', () => {
  let folder: string;
  before(() => {
    // A kind has nothing to import but types, so that it runs from any folder.
    folder = mkdtempSync(join(tmpdir(), 'kt-kinds-'));
    cpSync(new URL('../contract/kinds', import.meta.url), folder, { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true }));

  it('is a new folder: it is found and runs, and no existing file is touched', async () => {
    const kind = (await loadKinds([folder])).get('phrase-counter');
    const hook = kind?.compile({ phrase: 'never', at_most: 1 }, { pattern: () => expect.fail() }).inspectText;
    expect(findings(hook, 'now or never, never say never').map(({ start }) => start)).to.deep.equal([
      7, 14, 24,
    ]);
  });

  it('must be named as its folder', async () => {
    const other = join(folder, 'other');
    mkdirSync(join(other, 'wrong-name'), { recursive: true });
    writeFileSync(join(other, 'wrong-name/kind.ts'), 'export const kind = { name: "another" };\n');
    try {
      await loadKinds([other]);
      expect.fail('it was loaded');
    } catch (error) {
      expect(String(error)).to.contain('exports no kind named wrong-name');
    }
  });

  it('must not stand in two folders', async () => {
    try {
      await loadKinds([folder, folder]);
      expect.fail('it was loaded');
    } catch (error) {
      expect(String(error)).to.contain('two folders');
    }
  });
});
