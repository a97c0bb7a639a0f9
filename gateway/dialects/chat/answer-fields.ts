import { ARRAY, NULL, OBJECT, STRING } from '../../json/node.ts';
import type { FieldRule } from '../shape.ts';

const ENUM = { when: 'token', reason: 'word of an enumeration' } as const;
const ID = { when: 'token', reason: 'identifier' } as const;
const MEDIA = { when: 'base64', reason: 'encoded media, no text' } as const;
const OPAQUE = { when: 'base64', reason: 'opaque state of the vendor' } as const;

const nullableString = { kinds: STRING | NULL, words: 'a string or null' };

/** The fields of a message of an answer, which are those of a delta too. */
function messageFields(at: string): FieldRule[] {
  return [
    { path: at, role: true, expect: { kinds: OBJECT | NULL, words: 'an object' } },
    { path: `${at}.role`, skip: ENUM },
    { path: `${at}.index` },
    {
      path: `${at}.content`,
      part: 'content',
      expect: { kinds: STRING | ARRAY | NULL, words: 'a string, an array or null' },
    },
    { path: `${at}.content[].type`, skip: ENUM },
    { path: `${at}.content[].text` },
    { path: `${at}.content[].refusal`, part: 'refusal' },
    { path: `${at}.content[].thinking`, part: 'reasoning' },
    { path: `${at}.content[].thinking[].type`, skip: ENUM },
    { path: `${at}.content[].thinking[].text` },
    { path: `${at}.content[].signature`, skip: OPAQUE },
    { path: `${at}.refusal`, part: 'refusal', expect: nullableString },
    { path: `${at}.reasoning`, part: 'reasoning' },
    { path: `${at}.reasoning_content`, part: 'reasoning' },
    { path: `${at}.reasoning_details`, part: 'reasoning' },
    { path: `${at}.reasoning_details[].type`, skip: ENUM },
    { path: `${at}.reasoning_details[].text` },
    { path: `${at}.reasoning_details[].summary` },
    { path: `${at}.reasoning_details[].data`, skip: OPAQUE },
    { path: `${at}.reasoning_details[].signature`, skip: OPAQUE },
    { path: `${at}.reasoning_details[].format`, skip: ENUM },
    { path: `${at}.reasoning_details[].id`, skip: ID },
    { path: `${at}.reasoning_details[].index` },
    { path: `${at}.tool_calls`, expect: { kinds: ARRAY | NULL, words: 'an array or null' } },
    { path: `${at}.tool_calls[].index` },
    { path: `${at}.tool_calls[].id`, skip: ID },
    { path: `${at}.tool_calls[].type`, skip: ENUM },
    { path: `${at}.tool_calls[].function.name` },
    { path: `${at}.tool_calls[].function.arguments`, part: 'tool_arguments', json: true },
    { path: `${at}.tool_calls[].custom.name` },
    { path: `${at}.tool_calls[].custom.input`, part: 'tool_arguments' },
    { path: `${at}.tool_calls[].extra_content.google.thought_signature`, skip: OPAQUE },
    { path: `${at}.function_call.name` },
    { path: `${at}.function_call.arguments`, part: 'tool_arguments', json: true },
    { path: `${at}.annotations[].type`, skip: ENUM },
    { path: `${at}.annotations[].url_citation.title` },
    { path: `${at}.annotations[].url_citation.url` },
    { path: `${at}.annotations[].url_citation.start_index` },
    { path: `${at}.annotations[].url_citation.end_index` },
    { path: `${at}.audio.id`, skip: ID },
    { path: `${at}.audio.data`, skip: MEDIA },
    { path: `${at}.audio.expires_at` },
    { path: `${at}.audio.transcript`, part: 'content' },
  ];
}

/** One list of `logprobs`. Its tokens together are one text; see `logprobs.ts`. */
function logprobFields(at: string): FieldRule[] {
  return [
    { path: at, part: 'logprobs', expect: { kinds: ARRAY | NULL, words: 'an array or null' } },
    { path: `${at}[].token` },
    { path: `${at}[].logprob` },
    { path: `${at}[].bytes` },
    { path: `${at}[].top_logprobs[].token` },
    { path: `${at}[].top_logprobs[].logprob` },
    { path: `${at}[].top_logprobs[].bytes` },
  ];
}

/** Azure's content filter results: per category a severity and flags. */
function filterFields(at: string): FieldRule[] {
  const categories = ['hate', 'self_harm', 'sexual', 'violence', 'jailbreak', 'profanity'];
  const materials = ['protected_material_text', 'protected_material_code'];
  return [
    ...categories.flatMap((category) => [
      { path: `${at}.${category}.severity`, skip: ENUM },
      { path: `${at}.${category}.filtered` },
      { path: `${at}.${category}.detected` },
    ]),
    ...materials.flatMap((material) => [
      { path: `${at}.${material}.filtered` },
      { path: `${at}.${material}.detected` },
      { path: `${at}.${material}.citation.license` },
      { path: `${at}.${material}.citation.URL` },
    ]),
  ];
}

/** OpenAI's moderation beside an answer. The keys of its maps are names of categories and are scanned as keys. */
function moderationFields(at: string): FieldRule[] {
  return [
    { path: `${at}.type`, skip: ENUM },
    { path: `${at}.model`, skip: { when: 'name', reason: 'name of the model' } },
    { path: `${at}.code` },
    { path: `${at}.message` },
    { path: `${at}.results[].type`, skip: ENUM },
    { path: `${at}.results[].model`, skip: { when: 'name', reason: 'name of the model' } },
    { path: `${at}.results[].flagged` },
    { path: `${at}.results[].categories` },
    { path: `${at}.results[].category_scores` },
    { path: `${at}.results[].category_applied_input_types` },
  ];
}

const USAGE_WORDS: ReadonlySet<string> = new Set(
  (
    'prompt_tokens completion_tokens total_tokens prompt_tokens_details completion_tokens_details cached_tokens ' +
    'audio_tokens reasoning_tokens accepted_prediction_tokens rejected_prediction_tokens text_tokens image_tokens ' +
    'cache_write_tokens prompt_cache_hit_tokens prompt_cache_miss_tokens num_sources_used cost_in_usd_ticks ' +
    'queue_time prompt_time completion_time total_time'
  ).split(' '),
);

/**
 * What stands where in a Chat Completions answer (`choices[].message`) and in a chunk of a stream
 * (`choices[].delta`). What is not listed is scanned. Sources: the types of the `openai` package 7.57 and the
 * recorded answers of OpenAI, Azure, DeepSeek, Groq, Mistral and xAI.
 */
export const ANSWER_FIELDS: readonly FieldRule[] = [
  { path: '', expect: { kinds: OBJECT, words: 'an object' } },
  { path: 'id', skip: ID },
  { path: 'object', skip: ENUM },
  { path: 'created' },
  { path: 'model', skip: { when: 'name', reason: 'name of the model' } },
  { path: 'system_fingerprint', skip: ID },
  { path: 'service_tier', skip: ENUM },
  { path: 'obfuscation', skip: { when: 'token', reason: 'random padding' } },
  { path: 'choices', expect: { kinds: ARRAY | NULL, words: 'an array' } },
  { path: 'choices[]', expect: { kinds: OBJECT, words: 'an object' } },
  { path: 'choices[].index' },
  { path: 'choices[].finish_reason', skip: ENUM },
  { path: 'choices[].stop_reason', skip: ENUM },
  ...messageFields('choices[].message'),
  ...messageFields('choices[].delta'),
  { path: 'choices[].logprobs' },
  ...logprobFields('choices[].logprobs.content'),
  ...logprobFields('choices[].logprobs.refusal'),
  ...filterFields('choices[].content_filter_results'),
  { path: 'choices[].content_filter_offsets.start_offset' },
  { path: 'choices[].content_filter_offsets.end_offset' },
  { path: 'choices[].content_filter_offsets.check_offset' },
  { path: 'prompt_filter_results[].prompt_index' },
  ...filterFields('prompt_filter_results[].content_filter_results'),
  ...moderationFields('moderation.input'),
  ...moderationFields('moderation.output'),
  { path: 'usage', words: USAGE_WORDS },
  { path: 'x_groq.id', skip: ID },
  { path: 'x_groq.seed' },
  { path: 'x_groq.usage', words: USAGE_WORDS },
  { path: 'error', part: 'other' },
  { path: 'error.message' },
  { path: 'error.type' },
  { path: 'error.code' },
  { path: 'error.param' },
];
