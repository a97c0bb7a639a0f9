import { expect } from 'chai';
import { chat } from '../../gateway/dialects/chat/dialect.ts';
import { options, ssnGuard } from '../gateway/dialects/chat/guards.ts';
import { chunk, sse } from '../gateway/dialects/chat/streams.ts';

const SSN = '123-45-6789';
const text = sse(chunk({ index: 0, delta: { content: 'hi' } })).toString();
const DONE = 'data: [DONE]\n\n';

function through(...pieces: string[]): string {
  const stream = chat.openStream(options(ssnGuard));
  const out = pieces.map((piece) => stream.push(Buffer.from(piece)));
  return Buffer.concat([...out, stream.end()]).toString();
}

/** Comments and other lines of an event passed as they came. */
describe('issue: lines beside the data of an event were not looked at', () => {
  for (const line of [
    `: ${SSN}`,
    `event: ${SSN}`,
    `id: ${SSN}`,
    `Data: ${SSN}`,
    `data ${SSN}`,
    `\ufeffdata: ${SSN}`,
  ]) {
    for (const end of ['\n', '\r\n', '\r']) {
      it(`${JSON.stringify(line + end)} leaves neither alone nor with data, cut anywhere`, () => {
        const alone = `${line}${end}${end}`;
        expect(through(text, alone, text, DONE)).to.equal(text + text + DONE);
        expect(through(text, line + end + text, DONE)).to.equal(text + text + DONE);
        expect(through(text + alone + text + DONE)).to.equal(text + text + DONE);
        expect(through(text, text.slice(0, -1) + alone, DONE)).to.equal(text + text + DONE);
        const cut = through(...(text + alone + DONE).split(''));
        expect(cut.replaceAll('\n', '')).to.equal((text + DONE).replaceAll('\n', ''));
      });
    }
  }

  it('what holds nothing stays byte for byte', () => {
    const odd = `: ping\nevent: message\nid: 7\n${text}: OPENROUTER PROCESSING\r\n\r\ndata:\n\nretry: 5\r\r`;
    expect(through(text, odd, DONE)).to.equal(text + odd + DONE);
  });
});
