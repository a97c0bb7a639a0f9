import { expect } from 'chai';
import { chat } from '../../gateway/dialects/chat/dialect.ts';

const TEXT = 'my SSN is 536-90-4399';
const media = Buffer.alloc(3_000_000, 7).toString('base64');
const part = (value: object) => ({ model: 'm', messages: [{ role: 'user', content: [value] }] });
const read = (body: object) => chat.readRequest(Buffer.from(JSON.stringify(body)));

/** Text in a field for media, or as the name of a model, left unseen. */
describe('issue: text where none belongs was not looked at', () => {
  const bodies: Record<string, (value: string) => object> = {
    file_data: (file_data) => part({ type: 'file', file: { file_data } }),
    'input_audio.data': (data) => part({ type: 'input_audio', input_audio: { data, format: 'wav' } }),
    'image_url.url': (url) => part({ type: 'image_url', image_url: { url } }),
    image_url: (image_url) => part({ type: 'image_url', image_url }),
  };
  for (const [field, body] of Object.entries(bodies)) {
    it(`${field}: text is scanned, base 64 is not`, () => {
      for (const text of [TEXT, `data:text/plain,${TEXT}`, `data: ${TEXT}`, `data:a/b;base64,${TEXT}`]) {
        const { leaves } = read(body(text));
        expect(
          leaves.map((leaf) => leaf.text),
          text.slice(0, 20),
        ).to.deep.equal([text]);
      }
      const parsed = read(body(`data:image/png;base64,${media}`));
      expect(parsed.leaves).to.deep.equal([]);
      expect(parsed.skipped.some(({ bytes }) => bytes > media.length)).to.equal(true);
    });
  }

  it('a short base 64 without padding or with the URL alphabet is media where it can be nothing else', () => {
    for (const data of ['AAAA', 'AA==', `-_${'A'.repeat(40)}`]) {
      expect(read(bodies['input_audio.data']!(data)).leaves).to.deep.equal([]);
    }
    expect(read(bodies['input_audio.data']!('536-90-4399')).leaves).to.have.length(1);
  });

  it('a model whose name is a text is scanned, masked, and no hindrance to an alias', () => {
    for (const model of ['gpt-4o', 'openai/gpt-4o:free', 'claude@20240620']) {
      expect(read({ model, messages: [] }).leaves).to.deep.equal([]);
    }
    const parsed = read({ model: TEXT, messages: [] });
    const edits = parsed.leaves.map(({ ref }) => ({ ref, text: 'X' }));
    expect(parsed.withEdits(edits, {}).body.toString()).to.equal('{"model":"X","messages":[]}');
    expect(parsed.withEdits(edits, { model: 'real' }).body.toString()).to.equal(
      '{"model":"real","messages":[]}',
    );
  });

  it('in an answer too: audio, signatures, the model', () => {
    const message = { content: [{ type: 'thinking', signature: TEXT }], audio: { id: 'a', data: TEXT } };
    const answer = chat.readAnswer(Buffer.from(JSON.stringify({ model: TEXT, choices: [{ message }] })));
    expect(answer.leaves.filter(({ text }) => text === TEXT)).to.have.length(3);
  });
});
