import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { REASONS } from '../../../operator/domain/reasons.ts';
import { CONDITION_TYPES } from '../../../operator/status/condition-types.ts';

const operator = fileURLToPath(new URL('../../../operator', import.meta.url));
const sources = readdirSync(operator, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && entry.name !== 'reasons.ts')
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  .join('\n');

const page = readFileSync(join(operator, '../docs/reference/conditions.md'), 'utf8');
/** First cells of the rows of a table. */
const rows = (table: string): string[] => [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name!);

describe('catalogue of reasons', () => {
  it('is what the documentation lists, conditions and reasons', () => {
    const [types, reasons] = page.split('## Reasons') as [string, string];
    expect(rows(reasons)).to.deep.equal(Object.keys(REASONS));
    const known = new Set<string>(Object.values(CONDITION_TYPES).flat());
    expect(new Set(rows(types))).to.deep.equal(known);
  });

  it('lists none that is never given', () => {
    const unused = Object.keys(REASONS).filter((reason) => !sources.includes(`'${reason}'`));
    expect(unused).to.deep.equal([]);
  });

  it('names each in one PascalCase word and explains it in a sentence', () => {
    for (const [reason, { meaning }] of Object.entries(REASONS)) {
      expect(reason).to.match(/^[A-Z][A-Za-z]+$/);
      expect(meaning).to.match(/^[A-Z].*\.$/);
    }
  });
});
