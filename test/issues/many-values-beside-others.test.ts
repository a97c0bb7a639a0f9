import { expect } from 'chai';
import { ask } from '../fakes/gateway.ts';
import { useScanningGateway } from '../fakes/scanning-gateway.ts';

const metadata = (members: number): object =>
  Object.fromEntries(Array.from({ length: members }, (_, index) => [`key ${index}`, `value ${index}`]));

/** To read a body of very many small values kept the event loop for up to two seconds. */
describe('issue: a body of very many values beside other requests', function () {
  this.timeout(60_000);
  const gateway = useScanningGateway();

  before(async () => {
    await (await gateway().chat(ask('warm', { metadata: metadata(49_000) }))).arrayBuffer();
  });

  it('is refused over 50,000 values, with a code and the number', async () => {
    const inner = JSON.stringify(Array.from({ length: 60_000 }, () => 'a'));
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: inner } };
    for (const [body, message] of [
      [ask('x', { metadata: metadata(60_000) }), 'more than 50000 values'],
      [ask('x', { messages: [{ role: 'assistant', tool_calls: [call] }] }), 'too many strings'],
    ] as const) {
      const answer = await gateway().chat(body);
      const { error } = (await answer.json()) as { error: { code: string; message: string } };
      expect(answer.status).to.equal(413);
      expect(error.code).to.equal('body_too_large');
      expect(error.message).to.contain(message);
    }
  });

  it('leaves others their turns below that', async () => {
    // Of the thread's processor time: on a busy machine a turn may last for longer without doing more.
    const spentMs = (): number => {
      const { user, system } = process.threadCpuUsage();
      return (user + system) / 1000;
    };
    const body = JSON.stringify(ask('x', { metadata: metadata(49_000) }));
    let longest = 0;
    let last = spentMs();
    const watch = setInterval(() => {
      longest = Math.max(longest, spentMs() - last);
      last = spentMs();
    }, 1);
    const answer = await gateway()
      .chat(body)
      .finally(() => clearInterval(watch));
    expect(answer.status).to.equal(200);
    expect(longest).to.be.below(1_000);
  });
});
