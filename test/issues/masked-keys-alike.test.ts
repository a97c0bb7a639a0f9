import { expect } from 'chai';
import { chat } from '../../gateway/dialects/chat/dialect.ts';
import { options, ssnGuard } from '../gateway/dialects/chat/guards.ts';
import { chunk, sse } from '../gateway/dialects/chat/streams.ts';

const mask = (text: string): string => text.replaceAll(/\d{3}-\d{2}-\d{4}/g, '[SSN]');
const OBJECT = '{"[SSN] 2":0,"111-22-3333":1,"444-55-6666":2,"plain":3,"777-88-9999":4}';
const MASKED = '{"[SSN] 2":0,"[SSN]":1,"[SSN] 3":2,"plain":3,"[SSN] 4":4}';

/** An object with one key twice is read by each reader in its own way. */
describe('issue: keys that were masked alike went out as one key twice', () => {
  it('a request: the later ones get a number', () => {
    const body = `{"model":"m","messages":[],"metadata":${OBJECT}}`;
    const parsed = chat.readRequest(Buffer.from(body));
    const edits = parsed.leaves
      .map(({ ref, text }) => ({ ref, text: mask(text), before: text }))
      .filter(({ text, before }) => text !== before);
    const sent = parsed.withEdits(edits.reverse(), {}).body.toString();
    expect(sent).to.equal(`{"model":"m","messages":[],"metadata":${MASKED}}`);
    expect(chat.readRequest(Buffer.from(sent)).leaves).to.have.length(parsed.leaves.length);
  });

  it('a stream: the same', () => {
    const before = sse({ ...chunk({ index: 0, delta: { content: 'x' } }), vendor: 'HERE' });
    const frame = Buffer.from(before.toString().replace('"HERE"', OBJECT));
    const stream = chat.openStream(options(ssnGuard));
    const out = Buffer.concat([stream.push(frame), stream.push(sse('[DONE]')), stream.end()]);
    expect(out.toString()).to.contain(`"vendor":${MASKED}`);
  });
});
