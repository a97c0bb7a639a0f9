import { expect } from 'chai';
import { JudgedCall } from '../../gateway/pipeline/tool-calls.ts';

/**
 * V8 14.6 takes an escaped key of an object for another key once a like object had one with a backslash
 * (nodejs/node#63785): a model could hide an argument from the entry that judges the call.
 */
describe('issue: escaped keys in the arguments of a call', () => {
  const argumentsOf = (text: string): unknown => {
    const told = (value: string) => ({ text: value, pieces: [] });
    const call = { path: 'call', owner: 0, index: 0, id: null, name: told('run'), arguments: told(text) };
    return new JudgedCall('output', call, [], () => '').json?.value;
  };

  it('are read as what they say, whatever was read before', () => {
    const before = '{"dry":[],"\\\\":0}';
    const hidden = '{"dry":1,"\\u0063":"rm -rf /"}';
    expect(argumentsOf(before)).to.deep.equal({ dry: [], '\\': 0 });
    JSON.parse(before);
    expect(argumentsOf(hidden)).to.deep.equal({ dry: 1, c: 'rm -rf /' });
  });

  it('keep a name that plain assignment would lose', () => {
    const value = argumentsOf('{"\\u005f_proto__":{"a":[true,null,-0,"é\\n"]},"b":{}}') as object;
    expect(Object.entries(value)).to.deep.equal([
      ['__proto__', { a: [true, null, -0, 'é\n'] }],
      ['b', {}],
    ]);
  });
});
