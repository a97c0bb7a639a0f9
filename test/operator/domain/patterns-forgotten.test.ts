import { expect } from 'chai';
import { loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { classifyPattern, type PatternVerdict } from '../../../gateway/contract/patterns.ts';
import { compile } from '../../../operator/domain/compile.ts';
import { createLinter } from '../../../operator/domain/lint.ts';
import { Memo } from '../../../operator/domain/memo.ts';
import { policy } from './builders.ts';

describe('patterns whose verdicts are forgotten', () => {
  const blocking = (name: string, pattern: string) =>
    policy(name, {
      entries: [{ name: 'e', kind: 'DlpFilter', dlpFilter: { action: 'Block', detectPatterns: [pattern] } }],
    });

  it('are judged again for a document that holds a policy linted long ago', async () => {
    const verdicts = new Memo<PatternVerdict>(2);
    const judged: string[] = [];
    const linter = createLinter({
      kinds: await loadKindContracts(),
      loneGateway: false,
      listen: '127.0.0.1:41002',
      patterns: {
        known: (source) => verdicts.peek(source),
        judge: async (source) => {
          judged.push(source);
          verdicts.get(source, () => classifyPattern(source));
        },
      },
    });
    const signal = new AbortController().signal;
    const old = blocking('old', 'OLD-[0-9]{4}');
    for (const one of [old, ...['a', 'b', 'c'].map((name) => blocking(name, `${name}[0-9]`))]) {
      expect(await linter.prepare(one, signal)).to.equal(true);
      linter.policy(one);
    }
    expect(verdicts.peek('OLD-[0-9]{4}')).to.equal(null);
    expect(await linter.prepare(old, signal)).to.equal(true);
    const whole = { namespace: 'team-a', gateway: 'default', controlPlane: null };
    expect(judged.filter((source) => source.startsWith('OLD'))).to.have.length(2);
    const { config } = compile(whole, { policies: [old], targets: [] });
    expect(linter.document('hash', config, '').problems).to.deep.equal([]);
  });

  it('are those that were asked for longest ago', () => {
    const memo = new Memo<string>(2);
    memo.get('a', () => 'A');
    memo.get('b', () => 'B');
    expect(memo.peek('a')).to.equal('A');
    memo.get('c', () => 'C');
    expect([memo.peek('a'), memo.peek('b'), memo.peek('c')]).to.deep.equal(['A', null, 'C']);
  });
});
