import { expect } from 'chai';
import { chat } from '../../gateway/dialects/chat/dialect.ts';
import { options, ssnGuard } from '../gateway/dialects/chat/guards.ts';
import { chunk, sse } from '../gateway/dialects/chat/streams.ts';

const CARD = 4111111111111111;

/** A number is no string: it passed, and no event told so. */
describe('issue: long numbers passed without a word', () => {
  it('a request lists them by the member they stand in, and none of the known fields', () => {
    const body = {
      model: 'm',
      messages: [],
      seed: CARD,
      n: 1,
      metadata: { card: CARD, of: [CARD] },
      other: CARD,
    };
    expect(chat.readRequest(Buffer.from(JSON.stringify(body))).skipped).to.deep.include.members([
      { path: 'metadata.*', bytes: 32, reason: 'number' },
      { path: '*', bytes: 16, reason: 'number' },
    ]);
    const { skipped } = chat.readRequest(Buffer.from('{"model":"m","messages":[],"seed":4111111111111111}'));
    expect(skipped.filter(({ reason }) => reason === 'number')).to.deep.equal([]);
  });

  it('so do an answer and a stream', () => {
    const answer = { choices: [], created: 1700000000, vendor: { card: CARD } };
    const listed = { path: '*.*', bytes: 16, reason: 'number' };
    expect(chat.readAnswer(Buffer.from(JSON.stringify(answer))).skipped).to.deep.include(listed);
    const stream = chat.openStream(options(ssnGuard));
    stream.push(sse({ ...chunk({ index: 0, delta: { content: 'x' } }), vendor: { card: CARD } }));
    expect(stream.skipped).to.deep.include(listed);
  });
});
