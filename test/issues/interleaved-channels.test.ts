import { expect } from 'chai';
import { chat } from '../../gateway/dialects/chat/dialect.ts';
import { options, ssnGuard } from '../gateway/dialects/chat/guards.ts';
import { chunk, payloads, sse } from '../gateway/dialects/chat/streams.ts';

/**
 * An upstream that put enough text of other channels between two pieces of a match got the first piece out: past a
 * bound a channel was decided as if it had ended.
 */
describe('issue: a match in pieces with other channels between', () => {
  const frames = {
    'the same choice': () => chunk({ index: 0, delta: { content: 'filler. ' } }),
    'other choices': () => chunk({ index: 1, delta: { content: 'filler. ' } }),
  };
  for (const [where, filler] of Object.entries(frames)) {
    it(`leaves masked, with text of ${where} between`, () => {
      const stream = chat.openStream(options(ssnGuard));
      const out: Buffer[] = [];
      for (const piece of ['123', '-45', '-67', '89']) {
        out.push(stream.push(sse(chunk({ index: 0, delta: { refusal: piece } }))));
        for (let i = 0; i < 600; i++) out.push(stream.push(sse(filler())));
      }
      out.push(stream.push(sse('[DONE]')), stream.end());
      const choices = payloads(Buffer.concat(out)).flatMap((load) => load.choices);
      const said = (field: string) => choices.map((choice) => choice.delta?.[field] ?? '').join('');
      expect(said('refusal')).to.equal('[SSN]');
      expect(said('content')).to.equal('filler. '.repeat(2400));
    });
  }

  it('leaves masked from inside an argument of a tool too, where an escape is cut', () => {
    const call = (piece: string): object =>
      chunk({ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: piece } }] } });
    const stream = chat.openStream(options(ssnGuard));
    const out: Buffer[] = [];
    for (const piece of ['{"a":"123-\\u00', '34', '5-6789"', ',"n":4', '2}']) {
      out.push(stream.push(sse(call(piece))));
      for (let i = 0; i < 20; i++) {
        out.push(stream.push(sse(chunk({ index: 0, delta: { content: 'filler. ' } }))));
      }
    }
    expect(
      Buffer.concat(out)
        .toString()
        .match(/filler/g)!.length,
    ).to.be.at.least(90);
    out.push(stream.push(sse('[DONE]')), stream.end());
    const args = payloads(Buffer.concat(out))
      .flatMap((load) => load.choices)
      .flatMap((choice) => (choice.delta!['tool_calls'] ?? []) as { function: { arguments: string } }[])
      .map((piece) => piece.function.arguments);
    expect(args.join('')).to.equal('{"a":"[SSN]","n":42}');
  });
});
