import { expect } from 'chai';
import type OpenAI from 'openai';
import { chat } from '../../../../gateway/dialects/chat/dialect.ts';

type Params = OpenAI.ChatCompletionCreateParamsNonStreaming;
/** Every field of the SDK's type, none optional: a field that a later SDK adds does not compile until it is here. */
type Full<T> = { [K in keyof Required<T>]: NonNullable<T[K]> };

const breakpoint = { mode: 'explicit', ttl: '30m' } as const;
const user: Full<OpenAI.ChatCompletionUserMessageParam> = {
  role: 'user',
  name: 'n',
  content: [
    { type: 'text', text: 't', prompt_cache_breakpoint: breakpoint },
    {
      type: 'image_url',
      image_url: { url: 'https://x', detail: 'low' },
      prompt_cache_breakpoint: breakpoint,
    },
    {
      type: 'input_audio',
      input_audio: { data: 'QQ==', format: 'wav' },
      prompt_cache_breakpoint: breakpoint,
    },
    {
      type: 'file',
      file: { file_data: 'QQ==', file_id: 'f', filename: 'fn' },
      prompt_cache_breakpoint: breakpoint,
    },
  ],
};
const assistant: Full<OpenAI.ChatCompletionAssistantMessageParam> = {
  role: 'assistant',
  audio: { id: 'a' },
  content: [
    { type: 'text', text: 't' },
    { type: 'refusal', refusal: 'r' },
  ],
  function_call: { name: 'fc', arguments: '{"k":"v"}' },
  name: 'n',
  refusal: 'r',
  tool_calls: [
    { id: 'i', type: 'function', function: { name: 'f', arguments: '{"k":["v"]}' } },
    { id: 'i', type: 'custom', custom: { name: 'c', input: 'in' } },
  ],
};
const request: Full<Params> = {
  model: 'm',
  messages: [
    { role: 'system', content: 's', name: 'n' },
    { role: 'developer', content: [{ type: 'text', text: 't' }], name: 'n' },
    user,
    assistant,
    { role: 'tool', tool_call_id: 'i', content: [{ type: 'text', text: 't' }] },
    { role: 'function', name: 'f', content: 'c' },
    { role: 'user', content: 'plain' },
  ],
  audio: { format: 'wav', voice: { id: 'v' } },
  frequency_penalty: 0,
  function_call: { name: 'f' },
  functions: [
    { name: 'f', description: 'd', parameters: { type: 'object', properties: { p: { description: 'd' } } } },
  ],
  logit_bias: { '50256': 1 },
  logprobs: true,
  max_completion_tokens: 1,
  max_tokens: 1,
  metadata: { key: 'value' },
  modalities: ['text'],
  moderation: { model: 'omni' },
  n: 1,
  parallel_tool_calls: true,
  prediction: { type: 'content', content: [{ type: 'text', text: 'p' }] },
  presence_penalty: 0,
  prompt_cache_key: 'k',
  prompt_cache_options: { mode: 'implicit', ttl: '30m' },
  prompt_cache_retention: '24h',
  reasoning_effort: 'low',
  response_format: {
    type: 'json_schema',
    json_schema: {
      name: 'n',
      description: 'd',
      schema: { type: 'object', title: 't', enum: ['e'] },
      strict: true,
    },
  },
  safety_identifier: 's',
  seed: 1,
  service_tier: 'auto',
  stop: ['s'],
  store: false,
  stream: false,
  stream_options: { include_usage: true, include_obfuscation: true },
  temperature: 0,
  tool_choice: {
    type: 'allowed_tools',
    allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
  },
  tools: [
    {
      type: 'function',
      function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
    },
    {
      type: 'custom',
      custom: {
        name: 'c',
        description: 'd',
        format: { type: 'grammar', grammar: { definition: 'g', syntax: 'lark' } },
      },
    },
  ],
  top_logprobs: 1,
  top_p: 1,
  user: 'u',
  verbosity: 'low',
  web_search_options: {
    search_context_size: 'low',
    user_location: {
      type: 'approximate',
      approximate: { city: 'c', country: 'c', region: 'r', timezone: 't' },
    },
  },
};

interface Planted {
  /** Where, as the list of skipped strings would write it. */
  path: string;
  body: string;
}

/** The value with the canary in the place of one string or key, once for each of them. */
function plant(
  value: unknown,
  canary: string,
  path = '',
  within = (json: string): string => json,
): Planted[] {
  if (typeof value === 'string') {
    const here = { path, body: within(JSON.stringify(canary)) };
    if (!path.endsWith('arguments')) return [here];
    const inner = plant(JSON.parse(value), canary, path, (json) => within(JSON.stringify(json)));
    return [here, ...inner];
  }
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) {
    return value.flatMap((item, i) =>
      plant(item, canary, `${path}[]`, (json) =>
        within(`[${value.map((other, at) => (at === i ? json : JSON.stringify(other))).join(',')}]`),
      ),
    );
  }
  const entries = Object.entries(value);
  return entries.flatMap(([key, item], i) => {
    const write = (name: string, json: string): string => {
      const members = entries.map(([other, its], at) =>
        at === i ? `${JSON.stringify(name)}:${json}` : `${JSON.stringify(other)}:${JSON.stringify(its)}`,
      );
      return within(`{${members.join(',')}}`);
    };
    const under = path === '' ? key : `${path}.${key}`;
    const planted = plant(item, canary, under, (json) => write(key, json));
    // Keys that the API needs cannot be another.
    const required = path === '' && (key === 'model' || key === 'messages');
    return required
      ? planted
      : [...planted, { path: `${path}#key`, body: write(canary, JSON.stringify(item)) }];
  });
}

describe('canary', () => {
  for (const canary of ['canary-4711', 'a canary 4711, with "text" @ é']) {
    it(`\`${canary}\` is scanned or listed in every string and key of a request`, () => {
      const planted = plant(request, canary);
      expect(planted.length).to.be.greaterThan(150);
      for (const { path, body } of planted) {
        const parsed = chat.readRequest(Buffer.from(body));
        const leaf = parsed.leaves.find(({ text }) => text.includes(canary));
        if (leaf === undefined) {
          const skip = parsed.skipped.find((skipped) => skipped.path === path);
          expect(skip, `${path} is neither scanned nor listed`).not.to.equal(undefined);
          expect(skip!.bytes).to.be.at.least(Buffer.byteLength(canary));
          continue;
        }
        const masked = parsed.withEdits([{ ref: leaf.ref, text: 'MASKED' }], {}).body.toString();
        expect(masked, path).not.to.include('4711');
        expect(() => JSON.parse(masked), path).not.to.throw();
      }
    });
  }

  it('with text in it is skipped only where media and the model stand', () => {
    const skipped = plant(request, 'a canary 4711').filter(({ body }) => {
      const parsed = chat.readRequest(Buffer.from(body));
      return !parsed.leaves.some(({ text }) => text.includes('4711'));
    });
    expect(skipped.map(({ path }) => path)).to.have.members([
      'model',
      'messages[].content[].input_audio.data',
      'messages[].content[].file.file_data',
    ]);
  });
});
