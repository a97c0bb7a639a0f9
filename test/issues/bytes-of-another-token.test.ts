import { expect } from 'chai';
import { chat } from '../../gateway/dialects/chat/dialect.ts';
import { options, ssnGuard } from '../gateway/dialects/chat/guards.ts';
import { chunk, sse } from '../gateway/dialects/chat/streams.ts';

const HIDDEN = [...Buffer.from('111-22-3333')];
const content = [
  { token: 'a', logprob: -1, bytes: HIDDEN, top_logprobs: [{ token: 'b', logprob: -2, bytes: HIDDEN }] },
  { token: 'é', logprob: -1, bytes: [0xc3, 0xa9], top_logprobs: [] },
  { token: 'bytes:\\xe2\\x80', logprob: -1, bytes: [0xe2, 0x80], top_logprobs: [] },
  { token: '\ufffd', logprob: -1, bytes: [0xe2], top_logprobs: [] },
  { token: '', logprob: -1, bytes: HIDDEN, top_logprobs: [] },
];
const EXPECTED = structuredClone(content) as { bytes: unknown; top_logprobs: { bytes: unknown }[] }[];
EXPECTED[0]!.bytes = EXPECTED[0]!.top_logprobs[0]!.bytes = EXPECTED[4]!.bytes = null;

/** A list of bytes says the text of its token once more, and nobody looked whether it does. */
describe('issue: bytes beside a token said what they liked', () => {
  it('in an answer', () => {
    const body = { choices: [{ index: 0, message: { content: 'a' }, logprobs: { content } }] };
    const answer = chat.readAnswer(Buffer.from(JSON.stringify(body)));
    const sent = JSON.parse(answer.withEdits([]).toString()) as typeof body;
    expect(sent.choices[0]!.logprobs.content).to.deep.equal(EXPECTED);
    expect(answer.skipped.some(({ path }) => path === 'choices[].logprobs[].bytes')).to.equal(true);
  });

  it('in a stream', () => {
    const stream = chat.openStream(options(ssnGuard));
    const frame = sse(chunk({ index: 0, delta: { content: 'a' }, logprobs: { content } }));
    const out = Buffer.concat([stream.push(frame), stream.push(sse('[DONE]')), stream.end()]).toString();
    const [first] = out.split('\n\n');
    const sent = JSON.parse(first!.slice('data: '.length)) as { choices: { logprobs: object }[] };
    expect(sent.choices[0]!.logprobs).to.deep.equal({ content: EXPECTED });
  });
});
