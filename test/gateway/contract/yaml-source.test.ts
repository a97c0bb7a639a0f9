import { expect } from 'chai';
import fc from 'fast-check';
import { type KindContracts, loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { lintPolicyConfig } from '../../../gateway/contract/lint.ts';
import { MAX_DOCUMENT_CHARS, readYaml } from '../../../gateway/contract/yaml-source.ts';
import { corpus } from './corpus.ts';

const codesOf = (text: string): string[] => readYaml(text).findings.list.map(({ code }) => code);

describe('reading YAML', () => {
  let kinds: KindContracts;
  before(async () => {
    kinds = await loadKindContracts();
  });

  it('finds the line and column of values and keys, through aliases too', () => {
    const source = readYaml('a: &x\n  b:\n    - c: 1\n      d:\n"e f": *x\n');
    expect(source.value).to.deep.equal({ a: { b: [{ c: 1, d: null }] }, 'e f': { b: [{ c: 1, d: null }] } });
    expect(source.position(['a', 'b', 0, 'c'])).to.deep.equal({ line: 3, column: 10 });
    expect(source.position(['a', 'b', 0, 'c'], true)).to.deep.equal({ line: 3, column: 7 });
    expect(source.position(['a', 'b', 0, 'd'])).to.deep.equal({ line: 4, column: 7 });
    expect(source.position(['e f', 'b', 0, 'c'])).to.deep.equal({ line: 3, column: 10 });
    expect(source.position(['a', 'missing'])).to.deep.equal({ line: 2, column: 3 });
    expect(source.position(['a', 'b', 9])).to.deep.equal({ line: 3, column: 5 });
  });

  it('keeps keys that are names of the language as data', () => {
    const { value, findings } = readYaml('__proto__: {polluted: true}\nconstructor: 1\n');
    expect(findings.list).to.deep.equal([]);
    expect(Object.keys(value as object)).to.deep.equal(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
    const { problems } = lintPolicyConfig('__proto__: {a: 1}\n', { kinds, loneGateway: false });
    expect(problems.map(({ code, path }) => [code, path])).to.deep.include(['E002', '__proto__']);
  });

  it('refuses what JSON cannot hold', () => {
    expect(codesOf('a: .nan')).to.deep.equal(['E012']);
    expect(codesOf('a: .inf')).to.deep.equal(['E012']);
    expect(codesOf('? [a, b]\n: c')).to.deep.equal(['E012']);
    expect(codesOf('a: !!binary aGVsbG8=')).to.deep.equal(['E012']);
  });

  it('bounds size, depth, aliases and loops of aliases', function () {
    this.timeout(10_000);
    expect(codesOf('#'.repeat(MAX_DOCUMENT_CHARS + 1))).to.deep.equal(['E026']);
    expect(codesOf('['.repeat(100_000))).to.have.length.greaterThan(0);
    expect(codesOf(`a: ${'{a: '.repeat(100)}1${'}'.repeat(100)}`)).to.deep.equal(['E026']);
    expect(codesOf('a: &a [*a]')).to.have.length.greaterThan(0);
    expect(codesOf(`a: &a ${'x'.repeat(100_000)}\nb: [${'*a, '.repeat(99)}]`)).to.include('E026');
  });

  it('never throws and never repeats a value of the text, whatever the text', () => {
    const documents = corpus('good').map(({ text }) => text);
    const cut = fc.record({
      text: fc.constantFrom(...documents),
      at: fc.nat(),
      drop: fc.nat(30),
      put: fc.oneof(
        fc.string({ maxLength: 6 }),
        fc.constantFrom('\n', ': ', '- ', '{', '[', '"', '*x', '&y ', '\t', '!'),
      ),
    });
    fc.assert(
      fc.property(cut, ({ text, at, drop, put }) => {
        const from = at % (text.length + 1);
        const secret = 'CANARY0123456789CANARY';
        const broken = `${text.slice(0, from)}${put}${text.slice(from + drop)}\nx: {api_key: ${secret}, secret_key_ref: ${secret}}\n`;
        const { problems } = lintPolicyConfig(broken, { kinds, loneGateway: true });
        for (const problem of problems) {
          expect(problem.line).to.be.greaterThan(0);
          expect(problem.column).to.be.greaterThan(0);
          expect(JSON.stringify(problem)).to.not.include(secret);
        }
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 60, unit: 'binary' }), (text) => {
        expect(lintPolicyConfig(text, { kinds, loneGateway: true }).config).to.equal(null);
      }),
      { numRuns: 300 },
    );
  });
});
