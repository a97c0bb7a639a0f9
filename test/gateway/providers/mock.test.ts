import { expect } from 'chai';
import { systemClock } from '../../../gateway/clock.ts';
import type { Target } from '../../../gateway/contract/document.ts';
import { MockUpstream } from '../../../gateway/providers/mock/mock-upstream.ts';
import type { UpstreamCall, UpstreamHead } from '../../../gateway/upstream/upstream.ts';

interface Played {
  head: UpstreamHead | null;
  chunks: string[];
  end: 'end' | string;
  call: UpstreamCall;
}

function play(
  model: string,
  mock: Target['mock'],
  request: object,
  onChunk?: (call: UpstreamCall) => void,
): Promise<Played> {
  return new Promise((resolve) => {
    const played: Omit<Played, 'call'> = { head: null, chunks: [], end: '' };
    const body = Buffer.from(JSON.stringify(request));
    const call: UpstreamCall = new MockUpstream(systemClock).send(
      {
        target: {
          target: { id: 'mock', provider: 'mock', ...(mock === undefined ? undefined : { mock }) },
          unavailable: null,
        },
        model,
        path: '/chat/completions',
        body,
        stream: (request as { stream?: boolean }).stream === true,
        credential: null,
        timeouts: { connect_ms: 1, queue_ms: 1, first_token_ms: 1, idle_ms: 1, total_ms: 1 },
      },
      {
        onHead: (head) => {
          played.head = head;
        },
        onData: (chunk) => {
          played.chunks.push(chunk.toString());
          onChunk?.(call);
        },
        onEnd: () => resolve({ ...played, end: 'end', call }),
        onError: (error) => resolve({ ...played, end: error.code, call }),
      },
    );
  });
}
const contentOf = (chunks: readonly string[]): string =>
  chunks
    .filter((text) => text.startsWith('data: {'))
    .map((text) => (JSON.parse(text.slice(6)).choices[0]?.delta.content as string | undefined) ?? '')
    .join('');

describe('the built-in mock', () => {
  it('echoes the very text of the request, whole and streamed, cutting no character', async () => {
    const request = { model: 'echo', messages: [{ role: 'user', content: 'Grüße 👩‍🚀 an alle' }] };
    const whole = await play('echo', undefined, request);
    expect(JSON.parse(whole.chunks[0]!).choices[0].message.content).to.equal(JSON.stringify(request));
    const streamed = await play('echo', { chunk_chars: 1 }, { ...request, stream: true });
    expect(contentOf(streamed.chunks)).to.equal(JSON.stringify({ ...request, stream: true }));
    expect(streamed.chunks.at(-1)).to.equal('data: [DONE]\n\n');
    expect(streamed.chunks.join('')).to.not.include('\ufffd');
  });

  it('sends usage in a stream only where it is asked for', async () => {
    const request = { model: 'm', stream: true, messages: [] };
    expect((await play('m', {}, request)).chunks.join('')).to.not.include('"usage"');
    const asked = await play('m', {}, { ...request, stream_options: { include_usage: true } });
    expect(asked.chunks.at(-2)).to.include('"choices":[]').and.include('"total_tokens"');
  });

  it('answers, waits and fails as its settings and model names say', async () => {
    const fixed = await play('m', { answer: 'forty-two' }, { messages: [] });
    expect(JSON.parse(fixed.chunks[0]!).choices[0].message.content).to.equal('forty-two');
    const at = performance.now();
    await play('m', { delay_ms: 60 }, { messages: [] });
    expect(performance.now() - at).to.be.greaterThan(55);
    expect((await play('m', { status: 503 }, { messages: [] })).head?.status).to.equal(503);
    const failed = await play('mock-status-429', {}, { messages: [] });
    expect(failed.head?.status).to.equal(429);
    expect(JSON.parse(failed.chunks[0]!).error.type).to.equal('rate_limit_error');
  });

  it('breaks a stream off', async () => {
    const cut = await play(
      'mock-cut',
      { chunk_chars: 4, answer: 'abcdefghijkl' },
      { stream: true, messages: [] },
    );
    expect(contentOf(cut.chunks)).to.equal('abcdefgh');
    expect(cut.end).to.equal('upstream_interrupted');
  });

  it('pauses and goes on', async () => {
    let pauses = 0;
    const played = await play('m', { chunk_chars: 8 }, { stream: true, messages: [] }, (call) => {
      pauses += 1;
      call.pause();
      setTimeout(() => call.resume(), 1);
    });
    expect(pauses).to.equal(played.chunks.length);
    expect(played.chunks.at(-1)).to.equal('data: [DONE]\n\n');
  });
});
