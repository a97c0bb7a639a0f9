import { expect } from 'chai';
import { yamlExcess } from '../../../gateway/contract/yaml-bounds.ts';
import { readYaml } from '../../../gateway/contract/yaml-source.ts';

const nested = (levels: number): string => `a: ${'['.repeat(levels)}1${']'.repeat(levels)}\n`;
const aliases = (count: number): string => `a: &a 1\nb:\n${'- *a\n'.repeat(count)}`;

describe('bounds of a YAML text', () => {
  it('brackets within each other, not beside each other', () => {
    expect(yamlExcess(nested(64))).to.equal(null);
    expect(yamlExcess(`a: [${'[1], '.repeat(5_000)}]`)).to.equal(null);
    expect(yamlExcess(nested(65))).to.deep.equal({
      message: 'brackets nested over 64 levels deep',
      line: 1,
      column: 68,
    });
  });

  it('aliases, not asterisks in texts', () => {
    expect(yamlExcess(aliases(100))).to.equal(null);
    expect(yamlExcess(aliases(101))).to.deep.include({ message: 'over 100 aliases', line: 103 });
    const texts = ['a: |\n', ...Array.from({ length: 200 }, () => '  *bold*\n'), 'b: [\'*x\', "*y", 2*3]\n'];
    expect(yamlExcess(texts.join('').repeat(100))).to.equal(null);
  });

  it('signs: what they cost is known before they are read', () => {
    for (const text of [
      '&a '.repeat(300_000),
      '? '.repeat(500_000),
      `a${': b'.repeat(300_000)}`,
      '#\n'.repeat(500_000),
    ])
      expect(yamlExcess(text)?.message).to.equal('over 500000 texts, signs and spaces');
    expect(yamlExcess(`a: "${'\\x41'.repeat(250_000)}"`)).to.equal(null);
    expect(yamlExcess('- pii-detector\n'.repeat(60_000))).to.equal(null);
  });

  it('is told as one error with its place', () => {
    expect(readYaml(`pack:\n  ${nested(70)}`).findings.list).to.deep.equal([
      {
        code: 'E026',
        path: [],
        message: 'the document has brackets nested over 64 levels deep',
        position: { line: 2, column: 70 },
      },
    ]);
  });
});
