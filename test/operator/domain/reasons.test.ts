import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { REASONS } from '../../../operator/domain/reasons.ts';

const operator = fileURLToPath(new URL('../../../operator', import.meta.url));
const sources = readdirSync(operator, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && entry.name !== 'reasons.ts')
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  .join('\n');

describe('catalogue of reasons', () => {
  it('lists none that is never given', () => {
    const unused = Object.keys(REASONS).filter((reason) => !sources.includes(`'${reason}'`));
    expect(unused).to.deep.equal([]);
  });

  it('names each in one PascalCase word and explains it in a sentence', () => {
    for (const [reason, meaning] of Object.entries(REASONS)) {
      expect(reason).to.match(/^[A-Z][A-Za-z]+$/);
      expect(meaning).to.match(/^[A-Z].*\.$/);
    }
  });
});
