import { expect } from 'chai';
import { chat } from '../../gateway/dialects/chat/dialect.ts';
import { options, ssnGuard } from '../gateway/dialects/chat/guards.ts';
import { chunk, sse } from '../gateway/dialects/chat/streams.ts';

/** One event with 25,000 choices that all finish kept the process busy for half a minute. */
describe('issue: an upstream with any number of choices', () => {
  it('128 choices are served, thousands refused at once', function () {
    this.timeout(5_000);
    const all = (count: number) =>
      sse(
        chunk(
          ...Array.from({ length: count }, (_, index) => ({
            index,
            delta: { content: 'a' },
            finish_reason: 'stop',
          })),
        ),
      );
    const stream = chat.openStream(options(ssnGuard));
    expect(stream.push(all(128)).equals(all(128))).to.equal(true);
    expect(() => chat.openStream(options(ssnGuard)).push(all(10_000))).to.throw('texts side by side');
  });
});
