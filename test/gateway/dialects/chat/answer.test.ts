import { expect } from 'chai';
import { chat } from '../../../../gateway/dialects/chat/dialect.ts';
import type { ParsedAnswer } from '../../../../gateway/dialects/dialect.ts';
import { GatewayError } from '../../../../gateway/errors.ts';
import { options, passAll } from './guards.ts';
import { sse } from './streams.ts';

function read(value: unknown): ParsedAnswer {
  return chat.readAnswer(Buffer.from(JSON.stringify(value)));
}

function edited(answer: ParsedAnswer, change: (text: string) => string): Record<string, unknown> {
  const edits = answer.leaves.map(({ ref, text }) => ({ ref, text: change(text) }));
  return JSON.parse(answer.withEdits(edits).toString());
}

const usageOf = (usage: object) => read({ choices: [], usage }).usage;

describe('chat answer', () => {
  it('names the texts of every choice', () => {
    const answer = read({
      model: 'm',
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'a',
            reasoning_content: 'b',
            reasoning: 'c',
            tool_calls: [{ id: 'x', type: 'function', function: { name: 'd', arguments: '{"e":"f"}' } }],
            annotations: [
              { type: 'url_citation', url_citation: { title: 'g', url: 'https://h', start_index: 0 } },
            ],
            audio: { id: 'audio_1', data: 'QUJD', transcript: 'i' },
          },
        },
        { index: 1, finish_reason: 'stop', message: { role: 'assistant', content: null, refusal: 'j' } },
      ],
      vendor: { note: 'k' },
    });
    expect(answer.leaves.map((leaf) => [leaf.path, leaf.part, leaf.text])).to.deep.equal([
      ['choices[0].message.content', 'content', 'a'],
      ['choices[0].message.reasoning_content', 'reasoning', 'b'],
      ['choices[0].message.reasoning', 'reasoning', 'c'],
      ['choices[0].message.tool_calls[0].function.name', 'other', 'd'],
      ['choices[0].message.tool_calls[0].function.arguments{0}', 'tool_arguments', 'e'],
      ['choices[0].message.tool_calls[0].function.arguments{1}', 'tool_arguments', 'f'],
      ['choices[0].message.annotations[0].url_citation.title', 'other', 'g'],
      ['choices[0].message.annotations[0].url_citation.url', 'other', 'https://h'],
      ['choices[0].message.audio.transcript', 'content', 'i'],
      ['choices[1].message.refusal', 'refusal', 'j'],
      ['{2}#key', 'other', 'vendor'],
      ['{2}{0}#key', 'other', 'note'],
      ['{2}{0}', 'other', 'k'],
    ]);
    expect(answer.finishReasons).to.deep.equal(['tool_calls', 'stop']);
    expect(answer.skipped).to.deep.include({
      path: 'choices[].message.audio.data',
      bytes: 4,
      reason: 'encoded media, no text',
    });
  });

  it('reads log probabilities as one text, and masks a span of it in all its forms', () => {
    const token = (text: string, alternatives: string[]) => ({
      token: text,
      logprob: -1,
      bytes: [...Buffer.from(text)],
      top_logprobs: alternatives.map((other) => ({
        token: other,
        logprob: -1,
        bytes: [...Buffer.from(other)],
      })),
    });
    const answer = read({
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'x 123-45-6789!' },
          logprobs: {
            content: [
              token('x ', ['x ', 'y ']),
              token('123-', ['123-']),
              token('45-6789', ['45-6789']),
              token('!', ['!']),
            ],
            refusal: null,
          },
        },
      ],
    });
    const leaf = answer.leaves.find(({ part }) => part === 'logprobs')!;
    expect([leaf.path, leaf.text]).to.deep.equal(['choices[0].logprobs.content', 'x 123-45-6789!']);
    const after = edited(answer, (text) => text.replace('123-45-6789', '[SSN]')) as {
      choices: { logprobs: { content: unknown[] } }[];
    };
    const masked = (text: string) => ({
      token: text,
      logprob: -1,
      bytes: [...Buffer.from(text)],
      top_logprobs: [],
    });
    expect(after.choices[0]!.logprobs.content).to.deep.equal([
      token('x ', ['x ', 'y ']),
      masked('[SSN]'),
      masked(''),
      token('!', ['!']),
    ]);
    expect(JSON.stringify(after)).not.to.match(/6789|54,53,45,54/);
    expect(answer.skipped.map(({ path }) => path)).to.include('choices[].logprobs[].top_logprobs[].token');
  });

  it('lists what Azure adds, and scans what it cites', () => {
    const answer = read({
      choices: [
        {
          index: 0,
          message: { content: 'a' },
          content_filter_results: {
            hate: { filtered: false, severity: 'safe' },
            protected_material_code: {
              detected: true,
              citation: { license: 'MIT of Jane', URL: 'https://x' },
            },
          },
        },
      ],
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: { hate: { severity: 'safe' } } }],
    });
    expect(answer.leaves.map(({ text }) => text)).to.deep.equal(['a', 'MIT of Jane', 'https://x']);
    expect(answer.skipped.map(({ path, bytes }) => [path, bytes])).to.deep.equal([
      ['choices[].content_filter_results.hate.severity', 4],
      ['prompt_filter_results[].content_filter_results.hate.severity', 4],
    ]);
  });

  it('splits usage into classes that do not overlap', () => {
    expect(
      usageOf({
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 5, audio_tokens: 10 },
        completion_tokens_details: { reasoning_tokens: 20, audio_tokens: 7 },
      }),
    ).to.deep.equal({
      input: 55,
      cached_input: 30,
      cache_write: 5,
      output: 23,
      reasoning: 20,
      audio_input: 10,
      audio_output: 7,
    });
    const xai = {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 241,
      completion_tokens_details: { reasoning_tokens: 228 },
    };
    expect(usageOf(xai)).to.include({ input: 12, output: 1, reasoning: 228 });
    expect(usageOf({ prompt_tokens: 13, completion_tokens: 4, prompt_cache_hit_tokens: 3 })).to.include({
      input: 10,
      cached_input: 3,
      output: 4,
    });
    expect(
      usageOf({ prompt_tokens: 1, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 9 } }),
    ).to.include({
      input: 0,
      cached_input: 9,
    });
    for (const prompt of [-1, 1.5, '3', null, 1e300])
      expect(usageOf({ prompt_tokens: prompt })).to.equal(null);
    expect(read({ choices: [], usage: null }).usage).to.equal(null);
    expect(
      read({ choices: [], x_groq: { usage: { prompt_tokens: 4, completion_tokens: 1 } } }).usage,
    ).to.include({ input: 4 });
  });

  it('reads error bodies and refuses what is no answer', () => {
    const error = read({
      error: { message: 'bad key of jane', type: 'invalid_request_error', param: null, code: 'x' },
    });
    expect(error.leaves.map(({ text }) => text)).to.include('bad key of jane');
    expect(read({ detail: [{ msg: 'field required' }] }).leaves.map(({ text }) => text)).to.include(
      'field required',
    );
    for (const body of [
      '',
      'null',
      '[]',
      '{}',
      '<html>',
      '{"error":null}',
      '{"choices":{}}',
      '{"choices":[1]}',
      '{"choices":[{"message":"hi"}]}',
      '{"choices":[],"choices":[]}',
      '{"choices":[{"message":{"content":7}}]}',
    ]) {
      expect(() => chat.readAnswer(Buffer.from(body)), body)
        .to.throw(GatewayError)
        .with.property('code', 'upstream_invalid');
    }
  });

  it('counts the bytes of its own text for an estimate, in streams too', () => {
    const delta = { content: 'wörld', reasoning_content: 'hm', role: 'assistant' };
    const logprobs = { content: [{ token: 'wörld', logprob: -1, bytes: null, top_logprobs: [] }] };
    const answer = { id: 'c', model: 'm', choices: [{ index: 0, message: delta, logprobs }] };
    expect(chat.readAnswer(Buffer.from(JSON.stringify(answer))).outputBytes).to.equal(8);
    const stream = chat.openStream(options(passAll));
    stream.push(sse({ ...answer, choices: [{ index: 0, delta, logprobs }] }));
    expect(stream.outputBytes).to.equal(8);
  });
});
