import { expect } from 'chai';
import { ask, TestGateway } from '../fakes/gateway.ts';
import { chunk, completion, DONE, FakeUpstream, json, sse } from '../fakes/upstream.ts';

const TEXT = 'the merger with Acme, by 536-90-4399';

/** Models and finish reasons are what callers and providers write there: they carried content into the record. */
describe('issue: content in the names on events', () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  before(async () => {
    upstream = await FakeUpstream.start(json(200, completion('hi')));
    const base_url = upstream.url;
    const listed = { id: 'listed', provider: 'openai', base_url, models: [{ name: 'My Own Model' }] };
    gateway = await TestGateway.start({ targets: [{ id: 'open', provider: 'openai', base_url }, listed] });
  });
  after(async () => {
    await gateway.close();
    await upstream.close();
  });

  it('a text as the model, asked for and answered, and as finish reason', async () => {
    const choice = { index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: TEXT };
    const answers = [
      json(200, completion('', { model: TEXT, choices: [choice] })),
      sse([chunk({ content: 'hi' }, TEXT, { model: TEXT }), DONE]),
    ];
    for (const [index, script] of answers.entries()) {
      upstream.scripts = [script];
      const answer = await gateway.chat(ask('hi', { model: TEXT, stream: index === 1 }));
      expect(answer.status).to.equal(200);
      await answer.text();
      const event = await gateway.lastEvent();
      expect(JSON.stringify(event)).not.to.match(/merger|536-90/);
      expect(event).to.include({ requested_model: 'other', model: 'other' });
      expect(event.finish_reasons).to.deep.equal(['other']);
    }
  });

  it('a name of the document is told, whatever it looks like', async () => {
    upstream.scripts = [json(200, completion('hi'))];
    expect((await gateway.chat(ask('hi', { model: 'My Own Model' }))).status).to.equal(200);
    expect(await gateway.lastEvent()).to.include({ requested_model: 'My Own Model', target: 'listed' });
  });
});
