import { expect } from 'chai';
import fc from 'fast-check';
import { readJson } from '../../../gateway/json/read.ts';
import { jsonValue } from '../../../gateway/json/value.ts';
import { applied, compile, findings, lint } from './compile.ts';

const run = (rules: object[], text: string, preserve = true): string =>
  applied(compile('response-rewriter', { rules, preserve_structure: preserve }).transformText, text);
const codes = (rules: object[]): string[] =>
  lint('response-rewriter', {
    rules: rules.map((rule) => ({ position: 'replace', replacement: '', ...rule })),
  }).map(({ code, path }) => `${code} ${path}`);

describe('response-rewriter', () => {
  it('replaces with capture groups', () => {
    const rule = {
      name: 'a',
      pattern: '(\\w{1,9}) (?<last>\\w{1,9})(!)?',
      replacement: '$<last>, $1$3 $$1 [$&]',
    };
    expect(run([rule], 'Ada Lovelace')).to.equal('Lovelace, Ada $1 [Ada Lovelace]');
  });

  it('puts text before and behind', () => {
    const rules = [
      { name: 'a', position: 'prepend', replacement: 'Note: ' },
      { name: 'b', position: 'append', replacement: ' Not advice.' },
      { name: 'c', position: 'append', replacement: ' Bye.' },
    ];
    expect(run(rules, 'Hi.')).to.equal('Note: Hi. Not advice. Bye.');
    expect(run(rules, '')).to.equal('');
    expect(
      findings(compile('response-rewriter', { rules }).transformText, 'Hi.').map(({ type }) => type),
    ).to.deep.equal(['a', 'b', 'c']);
  });

  it('makes of overlapping changes the first', () => {
    const rules = [
      { name: 'a', pattern: 'bcd', replacement: 'X' },
      { name: 'b', pattern: 'ab', replacement: 'Y' },
      { name: 'c', pattern: 'cd', replacement: 'Z' },
    ];
    expect(run(rules, 'abcd bcd')).to.equal('YZ X');
  });

  it('changes only string values of an answer that is JSON', () => {
    const rules = [
      { name: 'a', pattern: 'name', replacement: 'na"me' },
      { name: 'b', position: 'append', replacement: ' (end)' },
    ];
    const text = ' {"name": "my name", "n": [1, "name\\n", {"name" : null}], "name2":"\\u006eame"}';
    const changed = run(rules, text);
    expect(changed).to.equal(
      ' {"name": "my na\\"me", "n": [1, "na\\"me\\n", {"name" : null}], "name2":"na\\"me"}',
    );
    expect(Object.keys(JSON.parse(changed) as object)).to.deep.equal(['name', 'n', 'name2']);
    expect(run(rules, '{"name": "name"}', false)).to.equal('{"na"me": "na"me"} (end)');
    expect(run(rules, '[name](x) is no JSON')).to.equal('[na"me](x) is no JSON (end)');
  });

  it('keeps any JSON valid and its keys as they are', () => {
    const rules = [{ name: 'a', pattern: '[a"\\\\]', replacement: '"\\' }];
    const hook = compile('response-rewriter', { rules }).transformText;
    const keys = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(keys)
        : value !== null && typeof value === 'object'
          ? Object.entries(value).map(([key, one]) => [key, keys(one)])
          : typeof value;
    fc.assert(
      fc.property(fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue())), (value) => {
        const text = JSON.stringify(value, null, 1);
        expect(keys(jsonValue(readJson(applied(hook, text))))).to.deep.equal(keys(value));
      }),
    );
  });

  it('applies a rule only where its condition holds, and then waits for the whole text', () => {
    const rules = [
      { name: 'a', position: 'append', replacement: ' Not advice.', condition: '(?i)invest' },
      { name: 'b', position: 'prepend', replacement: 'Hm. ', pattern: 'maybe' },
      { name: 'c', pattern: 'x', replacement: 'y' },
    ];
    expect(run(rules, 'Invest x')).to.equal('Invest y Not advice.');
    expect(run(rules, 'maybe x')).to.equal('Hm. maybe y');
    expect(compile('response-rewriter', { rules }).transformText?.form).to.equal('buffered');
    expect(compile('response-rewriter', { rules: rules.slice(2) }).transformText?.form).to.equal('windowed');
  });

  it('touches the content of answers only', () => {
    const hook = compile('response-rewriter', { rules: [{ name: 'a', pattern: 'x' }] }).transformText;
    expect(
      hook?.appliesTo({ phase: 'output', path: 'choices[0].message.content', part: 'content' }),
    ).to.equal(true);
    expect(hook?.appliesTo({ phase: 'input', path: 'messages[0].content', part: 'content' })).to.equal(false);
    expect(hook?.appliesTo({ phase: 'output', path: 'x', part: 'tool_arguments' })).to.equal(false);
  });

  it('lints what the schema cannot say', () => {
    expect(codes([{ name: 'a' }])).to.deep.equal(['E013 rules[0]']);
    expect(codes([{ name: 'a', pattern: '(x)', replacement: '$1 $2 $<no>' }])).to.deep.equal([
      'E016 rules[0].replacement',
      'E016 rules[0].replacement',
    ]);
    expect(codes([{ name: 'a', pattern: '(', condition: '(?P<x>)' }])).to.deep.equal([
      'E017 rules[0].pattern',
      'E017 rules[0].condition',
      'W004 rules[0]',
    ]);
    expect(codes([{ name: 'a', position: 'append' }])).to.deep.equal(['W012 rules[0].replacement']);
    expect(codes([{ name: 'a', pattern: 'x+', replacement: 'y' }])).to.deep.equal(['W004 rules[0].pattern']);
  });
});
