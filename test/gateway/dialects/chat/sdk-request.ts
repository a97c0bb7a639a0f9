import type OpenAI from 'openai';

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
/** A request with every field that the SDK's types know, each string in a place of its own. */
export const fullRequest: Full<Params> = {
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
