import { expect } from 'chai';
import { ask, TestGateway } from '../fakes/gateway.ts';

describe('a gateway with the built-in mock', () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await TestGateway.start();
  });
  after(() => gateway.close());

  it('echoes exactly the bytes that it was sent', async () => {
    const sent =
      '{"model":"echo","seed":12345678901234567890, "messages":[{"role":"user","content":"h\\u00e9llo"}]}';
    const answer = await gateway.chat(sent);
    expect(answer.status).to.equal(200);
    const body = (await answer.json()) as { choices: { message: { content: string } }[] };
    expect(body.choices[0]?.message.content).to.equal(sent);
    const event = await gateway.lastEvent();
    expect(event.id).to.equal(answer.headers.get('x-keeptrusts-event-id'));
    expect(event).to.include({
      status: 200,
      verdict: 'allow',
      reason: 'all_policies_passed',
      provider: 'mock',
    });
    expect(event.usage).to.include({ source: 'provider' });
  });

  it('streams', async () => {
    const answer = await gateway.chat(ask('hi', { stream: true }));
    expect(answer.headers.get('content-type')).to.match(/^text\/event-stream/);
    const text = await answer.text();
    expect(text.endsWith('data: [DONE]\n\n')).to.equal(true);
    expect(text).not.to.include('"usage":{');
    const event = await gateway.lastEvent();
    expect(event).to.include({ status: 200, stream_response: true });
    expect(event.edits).to.deep.equal(['include_usage']);
    expect(event.usage).to.include({ source: 'provider' });
  });
});
