import { expect } from 'chai';
import { GatewayError } from '../../../gateway/errors.ts';
import { createStreamGuard } from '../../../gateway/pipeline/stream-guard.ts';
import {
  brokenScanner,
  entryOf,
  hook,
  inspecting,
  leaf,
  rewriting,
  testEnv,
  tightScanner,
} from './fixtures.ts';

const open = (entries: Parameters<typeof createStreamGuard>[0]['entries'], failMode: 'block' | 'allow') => {
  const guard = createStreamGuard({ ...testEnv(failMode), entries });
  return { guard, channel: guard.channel(leaf('')) };
};
const broken = inspecting('redact', brokenScanner('!'), { id: 'broken' });
const other = inspecting('redact', tightScanner({ word: 'ssn', replacement: '#' }), { id: 'other' });

describe('check 47: an entry that throws in the middle of a stream', () => {
  it('ends the stream with policy_error where it fails closed', () => {
    const { guard, channel } = open([other, broken], 'block');
    expect(channel.push('fine ').text).to.equal('fine ');
    expect(() => channel.push('not fine!'))
      .to.throw(GatewayError)
      .with.property('code', 'policy_error');
    expect(() => channel.end())
      .to.throw(GatewayError)
      .with.property('code', 'policy_error');
    expect(guard.outcome()).to.deep.include({ verdict: 'allow', degraded: false });
    expect(guard.outcome().error?.code).to.equal('policy_error');
  });

  it('goes on, degraded and governed by the others, where it fails open', () => {
    const { guard, channel } = open([broken, other], 'allow');
    expect(channel.push('ssn! s').text).to.equal('#! ');
    expect(channel.push('sn').text + channel.end()).to.equal('#');
    expect(guard.outcome()).to.deep.include({ error: null, degraded: true, verdict: 'redact' });
  });

  it('lets what a failed rewriter held pass as it came', () => {
    const scanner = tightScanner({ word: 'abc', replacement: '#' });
    const rewriter = rewriting({
      ...scanner,
      scan(text, from, final, emit) {
        if (text.includes('!')) throw new Error('broken');
        return scanner.scan(text, from, final, emit);
      },
    });
    const { guard, channel } = open([rewriter, other], 'allow');
    const outs = ['abc ab', '! ss', 'n abc'].map((piece) => channel.push(piece).text);
    expect(outs.join('') + channel.end()).to.equal('# ab! # abc');
    expect(guard.results()[0]).to.deep.include({ outcome: 'error' });
  });

  it('does not hide a block found in the same piece', () => {
    const block = inspecting('block', tightScanner({ word: 'bad' }), { id: 'block' });
    const { channel } = open([broken, block], 'block');
    expect(() => channel.push('bad!'))
      .to.throw(GatewayError)
      .with.property('code', 'output_blocked');
  });

  it('never ends a stream while it observes', () => {
    const watching = { ...broken, entry: { ...broken.entry, mode: 'observe' as const } };
    const { guard, channel } = open([watching], 'block');
    expect(channel.push('x!')).to.deep.equal({ text: 'x!', held: 0 });
    expect(guard.outcome()).to.deep.include({ error: null, degraded: true });
  });

  it('may be one that cannot say whether it applies', () => {
    const unsure = entryOf({
      inspectText: hook('redact', tightScanner({ word: 'x' }), () => {
        throw new Error('broken');
      }),
    });
    const guard = createStreamGuard({ ...testEnv('block'), entries: [unsure] });
    expect(() => guard.channel(leaf('')))
      .to.throw(GatewayError)
      .with.property('code', 'policy_error');
  });
});
