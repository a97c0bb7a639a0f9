import { expect } from 'chai';
import { CODES, severityOf } from '../../../gateway/contract/codes.ts';
import { type KindContracts, loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { lintPolicyConfig } from '../../../gateway/contract/lint.ts';
import { readPolicyConfig } from '../../../gateway/contract/read.ts';
import { corpus, lineOf } from './corpus.ts';

/** Codes that no document alone can have, with the test that has them. */
const ELSEWHERE = new Map([
  ['E031', 'config/loader.test.ts'],
  ['E032', 'config/loader.test.ts'],
  ['W002', 'contract/lint.test.ts'],
  ['W003', 'contract/lint.test.ts'],
  ['W010', 'contract/lint.test.ts'],
]);

describe('corpus of policy configs', () => {
  let kinds: KindContracts;
  before(async () => {
    kinds = await loadKindContracts();
  });

  for (const { file, text, expected } of corpus('good')) {
    it(`reads good/${file}`, () => {
      const { config, problems } = lintPolicyConfig(text, { file, kinds, loneGateway: false });
      expect(problems.map(lineOf)).to.deep.equal(expected);
      expect(config).to.not.equal(null);
      expect(readPolicyConfig(text, { file, kinds })).to.deep.equal({ config, problems: [] });
    });
  }

  for (const { file, text, expected } of corpus('bad')) {
    it(`refuses bad/${file}`, () => {
      const { config, problems } = lintPolicyConfig(text, { file, kinds, loneGateway: false });
      expect(problems.map(lineOf)).to.deep.equal(expected);
      expect(config).to.equal(null);
      const read = readPolicyConfig(text, { file, kinds });
      expect(read.config).to.equal(null);
      expect(read.problems).to.deep.equal(problems.filter(({ severity }) => severity === 'error'));
    });

    it(`bad/${file} has the code that it is named for first`, () => {
      const [code] = file.split('-');
      const codes = expected.map((line) => line.split(' ')[0]);
      expect(codes).to.include(code);
      expect(severityOf(String(code))).to.equal('error');
    });
  }

  it('holds every code of the catalogue but those that need more than a document', () => {
    const seen = new Set(
      [...corpus('good'), ...corpus('bad')].flatMap(({ expected }) =>
        expected.map((line) => line.split(' ')[0]),
      ),
    );
    const missing = Object.keys(CODES).filter((code) => !seen.has(code) && !ELSEWHERE.has(code));
    expect(missing).to.deep.equal([]);
  });

  it('says in each message what is wrong, in one line, without quoting more than a name', () => {
    for (const { file, text } of corpus('bad')) {
      for (const { message } of lintPolicyConfig(text, { file, kinds, loneGateway: false }).problems) {
        expect(message).to.match(/^\S[^\n]{10,}$/);
        expect(message).to.not.match(/[{]path|[{]parent/);
        expect(message).to.not.include('canary');
      }
    }
  });
});
