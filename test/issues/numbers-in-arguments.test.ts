import { expect } from 'chai';
import { chat } from '../../gateway/dialects/chat/dialect.ts';
import { options } from '../gateway/dialects/chat/guards.ts';
import { chunk, payloads, sse } from '../gateway/dialects/chat/streams.ts';

const CARD = '4111111111111111';
const ARGUMENTS = `{"card": ${CARD} ,"n":[1,${CARD}],"t":true}`;
const MASKED = '{"card": "[CARD]","n":[1,"[CARD]"],"t":true}';
const mask = (text: string): string => text.replace(/4111111111111111 ?/, '[CARD]');

/** The arguments of a tool are a string, but the numbers in it were taken for structure. */
describe('issue: numbers in the arguments of a tool were not looked at', () => {
  const call = (args: string) => ({ index: 0, id: 'a', function: { name: 'f', arguments: args } });

  it('a request', () => {
    const body = { model: 'm', messages: [{ role: 'assistant', tool_calls: [call(ARGUMENTS)] }] };
    const parsed = chat.readRequest(Buffer.from(JSON.stringify(body)));
    const edits = parsed.leaves.map(({ ref, text }) => ({ ref, text: mask(text) }));
    const sent = JSON.parse(parsed.withEdits(edits, {}).body.toString()) as typeof body;
    expect(sent.messages[0]!.tool_calls[0]!.function.arguments).to.equal(MASKED);
  });

  for (let cut = 1; cut < ARGUMENTS.length; cut += 1) {
    it(`a stream, cut after ${cut}: the same, and what is clean stays byte for byte`, () => {
      const guard = () => {
        let held = '';
        return {
          push: (text: string) => {
            held += text;
            return { text: '', held: held.length };
          },
          end: () => mask(held),
        };
      };
      const pieces = [ARGUMENTS.slice(0, cut), ARGUMENTS.slice(cut)];
      const frames = pieces.map((args) => sse(chunk({ index: 0, delta: { tool_calls: [call(args)] } })));
      const through = (open: typeof guard): Buffer => {
        const stream = chat.openStream(options(open));
        const out = frames.map((frame) => stream.push(frame));
        return Buffer.concat([...out, stream.push(sse('[DONE]')), stream.end()]);
      };
      const text = payloads(through(guard))
        .flatMap(({ choices }) => choices)
        .map(({ delta }) => (delta!['tool_calls'] as ReturnType<typeof call>[])[0]!.function.arguments)
        .join('');
      expect(text).to.equal(MASKED);
      const clean = () => ({ push: (text: string) => ({ text, held: 0 }), end: () => '' });
      expect(through(clean).equals(Buffer.concat([...frames, sse('[DONE]')]))).to.equal(true);
    });
  }
});
