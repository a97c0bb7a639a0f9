import { ARRAY, BOOLEAN, NULL, NUMBER, OBJECT, STRING } from '../../json/node.ts';
import type { FieldRule } from '../shape.ts';

const ENUM = { when: 'token', reason: 'word of an enumeration' } as const;
const ID = { when: 'token', reason: 'identifier' } as const;
const MEDIA = { when: 'base64', reason: 'encoded media, no text' } as const;

const string = { kinds: STRING, words: 'a string' };
const optionalString = { kinds: STRING | NULL, words: 'a string or null' };
const flag = { kinds: BOOLEAN | NULL, words: 'true or false' };
const count = { kinds: NUMBER | NULL, words: 'a number' };
const list = { kinds: ARRAY | NULL, words: 'an array' };
const object = { kinds: OBJECT | NULL, words: 'an object' };

/** Keys of JSON Schema, which are words of a standard and not of the caller. */
const SCHEMA_WORDS: ReadonlySet<string> = new Set(
  (
    'type properties required items additionalProperties description enum const title default examples format ' +
    'pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength minItems maxItems ' +
    'uniqueItems minProperties maxProperties anyOf oneOf allOf not if then else $ref $defs definitions $schema ' +
    'prefixItems contains propertyNames patternProperties nullable strict'
  ).split(' '),
);

/**
 * What stands where in a Chat Completions request. A string at a path that is not listed is scanned, and so is a key
 * that is not listed: silence means "text". Sources: the request types of the `openai` package 7.57 and the API
 * reference of its date.
 */
export const REQUEST_FIELDS: readonly FieldRule[] = [
  { path: '', expect: { kinds: OBJECT, words: 'an object' } },
  {
    path: 'model',
    skip: { when: 'name', reason: 'name of the model' },
    expect: { ...string, required: true },
  },
  { path: 'messages', expect: { kinds: ARRAY, words: 'an array', required: true } },
  { path: 'messages[]', role: true, expect: { kinds: OBJECT, words: 'an object' } },
  { path: 'messages[].role', skip: ENUM, expect: string },
  {
    path: 'messages[].content',
    part: 'content',
    expect: { kinds: STRING | ARRAY | NULL, words: 'a string, an array of parts or null' },
  },
  { path: 'messages[].content[]', expect: { kinds: OBJECT | STRING, words: 'an object' } },
  { path: 'messages[].content[].type', skip: ENUM, expect: string },
  { path: 'messages[].content[].text', expect: { kinds: STRING | OBJECT | NULL, words: 'a string' } },
  { path: 'messages[].content[].refusal', part: 'refusal' },
  { path: 'messages[].content[].thinking', part: 'reasoning' },
  { path: 'messages[].content[].thinking[].type', skip: ENUM },
  { path: 'messages[].content[].thinking[].text' },
  { path: 'messages[].content[].cache_control.type', skip: ENUM },
  { path: 'messages[].content[].cache_control.ttl', skip: ENUM },
  { path: 'messages[].content[].prompt_cache_breakpoint.mode', skip: ENUM },
  { path: 'messages[].content[].prompt_cache_breakpoint.ttl', skip: ENUM },
  {
    path: 'messages[].content[].image_url',
    skip: { when: 'data_url', reason: 'encoded media, no text' },
    expect: { kinds: OBJECT | STRING, words: 'an object' },
  },
  {
    path: 'messages[].content[].image_url.url',
    skip: { when: 'data_url', reason: 'encoded media, no text' },
  },
  { path: 'messages[].content[].image_url.detail', skip: ENUM },
  { path: 'messages[].content[].input_audio.data', skip: MEDIA },
  { path: 'messages[].content[].input_audio.format', skip: ENUM },
  { path: 'messages[].content[].file.file_data', skip: MEDIA },
  { path: 'messages[].content[].file.file_id', skip: ID },
  { path: 'messages[].content[].file.filename', part: 'content' },
  { path: 'messages[].name' },
  { path: 'messages[].refusal', part: 'refusal' },
  { path: 'messages[].reasoning', part: 'reasoning' },
  { path: 'messages[].reasoning_content', part: 'reasoning' },
  { path: 'messages[].tool_call_id', skip: ID },
  { path: 'messages[].audio.id', skip: ID },
  { path: 'messages[].audio.transcript', part: 'content' },
  { path: 'messages[].audio.data', skip: MEDIA },
  { path: 'messages[].tool_calls', expect: list },
  { path: 'messages[].tool_calls[]', expect: { kinds: OBJECT, words: 'an object' } },
  { path: 'messages[].tool_calls[].id', skip: ID },
  { path: 'messages[].tool_calls[].index' },
  { path: 'messages[].tool_calls[].type', skip: ENUM },
  { path: 'messages[].tool_calls[].function.name' },
  { path: 'messages[].tool_calls[].function.arguments', part: 'tool_arguments', json: true },
  { path: 'messages[].tool_calls[].custom.name' },
  { path: 'messages[].tool_calls[].custom.input', part: 'tool_arguments' },
  { path: 'messages[].function_call.name' },
  { path: 'messages[].function_call.arguments', part: 'tool_arguments', json: true },
  { path: 'tools', part: 'tool_definition', expect: list },
  { path: 'tools[]', expect: { kinds: OBJECT, words: 'an object' } },
  { path: 'tools[].type', skip: ENUM, expect: string },
  { path: 'tools[].function.name' },
  { path: 'tools[].function.description' },
  { path: 'tools[].function.strict' },
  { path: 'tools[].function.parameters', words: SCHEMA_WORDS },
  { path: 'tools[].custom.name' },
  { path: 'tools[].custom.description' },
  { path: 'tools[].custom.format.type', skip: ENUM },
  { path: 'tools[].custom.format.grammar.definition' },
  { path: 'tools[].custom.format.grammar.syntax', skip: ENUM },
  { path: 'functions', part: 'tool_definition', expect: list },
  { path: 'functions[].name' },
  { path: 'functions[].description' },
  { path: 'functions[].parameters', words: SCHEMA_WORDS },
  { path: 'function_call', part: 'tool_definition' },
  { path: 'function_call.name' },
  { path: 'tool_choice', part: 'tool_definition', skip: ENUM },
  { path: 'tool_choice.type', skip: ENUM },
  { path: 'tool_choice.function.name' },
  { path: 'tool_choice.custom.name' },
  { path: 'tool_choice.allowed_tools.mode', skip: ENUM },
  { path: 'tool_choice.allowed_tools.tools[].type', skip: ENUM },
  { path: 'tool_choice.allowed_tools.tools[].function.name' },
  { path: 'response_format', part: 'tool_definition', expect: object },
  { path: 'response_format.type', skip: ENUM },
  { path: 'response_format.json_schema.name' },
  { path: 'response_format.json_schema.description' },
  { path: 'response_format.json_schema.strict' },
  { path: 'response_format.json_schema.schema', words: SCHEMA_WORDS },
  { path: 'stream', expect: flag },
  { path: 'stream_options', expect: object },
  { path: 'stream_options.include_usage', expect: flag },
  { path: 'stream_options.include_obfuscation', expect: flag },
  { path: 'max_tokens', expect: count },
  { path: 'max_completion_tokens', expect: count },
  { path: 'n', expect: count },
  { path: 'temperature', expect: count },
  { path: 'top_p', expect: count },
  { path: 'frequency_penalty', expect: count },
  { path: 'presence_penalty', expect: count },
  { path: 'seed', expect: count },
  { path: 'logprobs', expect: flag },
  { path: 'top_logprobs', expect: count },
  { path: 'logit_bias', expect: object },
  { path: 'stop', expect: { kinds: STRING | ARRAY | NULL, words: 'a string or an array of strings' } },
  { path: 'user', expect: optionalString },
  { path: 'safety_identifier', expect: optionalString },
  { path: 'prompt_cache_key', expect: optionalString },
  { path: 'prompt_cache_retention', skip: ENUM },
  { path: 'prompt_cache_options.mode', skip: ENUM },
  { path: 'prompt_cache_options.ttl', skip: ENUM },
  { path: 'store', expect: flag },
  { path: 'metadata', expect: object },
  { path: 'modalities', expect: list },
  { path: 'modalities[]', skip: ENUM },
  { path: 'audio', expect: object },
  { path: 'audio.format', skip: ENUM },
  { path: 'audio.voice', skip: ENUM },
  { path: 'audio.voice.id', skip: ID },
  { path: 'moderation.model', skip: ENUM },
  { path: 'parallel_tool_calls', expect: flag },
  { path: 'prediction.type', skip: ENUM },
  { path: 'prediction.content', part: 'content' },
  { path: 'prediction.content[].type', skip: ENUM },
  { path: 'prediction.content[].text' },
  { path: 'reasoning_effort', skip: ENUM },
  { path: 'verbosity', skip: ENUM },
  { path: 'service_tier', skip: ENUM },
  { path: 'web_search_options.search_context_size', skip: ENUM },
  { path: 'web_search_options.user_location.type', skip: ENUM },
  { path: 'web_search_options.user_location.approximate.city' },
  { path: 'web_search_options.user_location.approximate.country' },
  { path: 'web_search_options.user_location.approximate.region' },
  { path: 'web_search_options.user_location.approximate.timezone' },
];
