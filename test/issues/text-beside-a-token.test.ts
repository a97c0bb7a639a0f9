import { expect } from 'chai';
import { chat } from '../../gateway/dialects/chat/dialect.ts';
import { options, ssnGuard } from '../gateway/dialects/chat/guards.ts';
import { chunk, sse } from '../gateway/dialects/chat/streams.ts';

const SSN = '111-22-3333';
const content = [
  { token: 'a', logprob: -0.1234567890123, bytes: [97], note: `my SSN is ${SSN}`, top_logprobs: [] },
  {
    token: 'b',
    logprob: -1,
    bytes: SSN,
    top_logprobs: [{ token: 'c', logprob: -2, note: SSN, bytes: [99] }],
  },
  { token: 7, text: SSN, bytes: [...Buffer.from(SSN)], top_logprobs: [] },
  SSN,
  { token: 'd', logprob: -1, [SSN]: 1, top_logprobs: { token: SSN } },
];
const FOUND = [
  'choices[0].logprobs.content[0]{3}',
  'choices[0].logprobs.content[1].bytes',
  'choices[0].logprobs.content[2]{1}',
  'choices[0].logprobs.content[3]',
  'choices[0].logprobs.content[4]{2}#key',
  'choices[0].logprobs.content[4].top_logprobs{0}#key',
  'choices[0].logprobs.content[4].top_logprobs{0}',
];
const ALTERNATIVE = 'choices[].logprobs[].top_logprobs[].*';

/** A list of log probabilities was read for its tokens and bytes alone; what else an entry said left unseen and untold. */
describe('issue: text beside the token of an entry of logprobs', () => {
  it('is scanned in an answer, or listed', () => {
    const body = { choices: [{ index: 0, message: { content: 'a' }, logprobs: { content } }] };
    const raw = Buffer.from(JSON.stringify(body));
    const answer = chat.readAnswer(raw);
    expect(answer.leaves.map(({ path }) => path)).to.include.members(FOUND);
    const edits = answer.leaves
      .filter(({ text }) => text.includes(SSN))
      .map(({ ref, text }) => ({ ref, text: text.replace(SSN, '[SSN]') }));
    const sent = answer.withEdits(edits).toString();
    expect(sent.split(SSN).length - 1).to.equal(1);
    expect(sent).to.contain(`"note":"${SSN}"`);
    expect(answer.skipped.find(({ path }) => path === ALTERNATIVE)?.bytes).to.equal(
      'note'.length + SSN.length,
    );
    expect(answer.skipped.some(({ path }) => path.includes('logprob.'))).to.equal(false);
  });

  it('is scanned in a stream, or listed', () => {
    const stream = chat.openStream(options(ssnGuard));
    const frame = sse(chunk({ index: 0, delta: { content: 'a' }, logprobs: { content } }));
    const out = Buffer.concat([stream.push(frame), stream.push(sse('[DONE]')), stream.end()]).toString();
    expect(out.split(SSN).length - 1).to.equal(1);
    expect(out).to.contain(`"note":"${SSN}"`).and.to.not.contain('49,49,49,45');
    expect(stream.skipped.map(({ path }) => path)).to.include(ALTERNATIVE);
  });

  it('comes back byte for byte where nothing is found', () => {
    const clean = [{ token: 'a', logprob: -0.5, bytes: [97], token_id: 42, note: 'fine', top_logprobs: [] }];
    const body = Buffer.from(
      JSON.stringify({ choices: [{ index: 0, message: { content: 'a' }, logprobs: { content: clean } }] }),
    );
    expect(chat.readAnswer(body).withEdits([]).equals(body)).to.equal(true);
    const stream = chat.openStream(options(ssnGuard));
    const frames = [
      sse(chunk({ index: 0, delta: { content: 'a' }, logprobs: { content: clean } })),
      sse('[DONE]'),
    ];
    const out = Buffer.concat([...frames.map((frame) => stream.push(frame)), stream.end()]);
    expect(out.toString()).to.equal(Buffer.concat(frames).toString());
  });
});
