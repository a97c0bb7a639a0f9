import { expect } from 'chai';
import { ask, TestGateway } from '../fakes/gateway.ts';
import { chunk, FakeUpstream, sse } from '../fakes/upstream.ts';
import { built } from '../gateway/policies/built.ts';

/** Text that was decided before a block reached the caller or not, by the way that the provider's bytes were cut. */
describe('issue: a block inside a chunk', () => {
  const frames = [
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'One. ' }),
    chunk({ content: 'Two. ' }),
    chunk({ content: 'Project Falcon is' }),
    chunk({}, 'stop'),
    'data: [DONE]\n\n',
  ];
  const cuts: Record<string, string[]> = {
    'in one piece': [frames.join('')],
    'frame by frame': frames,
    'cut within frames': frames.join('').match(/.{1,37}/gs)!,
  };

  for (const [how, pieces] of Object.entries(cuts)) {
    it(`has sent the same before it when the answer came ${how}`, async () => {
      const upstream = await FakeUpstream.start(sse(pieces));
      const gateway = await TestGateway.start({
        targets: [{ id: 'fake', provider: 'openai', base_url: upstream.url }],
        entries: [built('dlp-filter', { blocked_terms: ['Project Falcon'], action: 'block' })],
      });
      try {
        const text = await (await gateway.chat(ask('x', { stream: true }))).text();
        const sent = frames.slice(0, 3).join('');
        expect(text.slice(0, sent.length)).to.equal(sent);
        expect(text.slice(sent.length)).to.match(/^data: \{"error":.*"code":"output_blocked".*\}\n\n$/s);
        const [event, ...more] = await gateway.events();
        expect(more).to.deep.equal([]);
        expect([event!.verdict, event!.error?.code]).to.deep.equal(['block', 'output_blocked']);
      } finally {
        await gateway.close();
        await upstream.close();
      }
    });
  }
});
