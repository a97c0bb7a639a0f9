import { type JsonNode, member, numberMember, OBJECT } from '../../json/node.ts';
import type { JsonDocument } from '../../json/read.ts';
import type { Usage } from '../dialect.ts';

/**
 * Usage of an answer or a chunk, in disjoint classes: the vendor's totals hold cached, cache-write and audio tokens
 * on the way in and reasoning and audio tokens on the way out, so these are subtracted. Two vendors differ: xAI counts
 * reasoning outside of `completion_tokens` (seen by the total), DeepSeek calls cached tokens `prompt_cache_hit_tokens`.
 * @returns `null` when there is none.
 */
export function readUsage(document: JsonDocument): Usage | null {
  const { root, text } = document;
  const node = objectMember(root, 'usage') ?? objectMember(member(root, 'x_groq'), 'usage');
  if (node === null) return null;
  const prompt = tokens(text, node, 'prompt_tokens');
  const completion = tokens(text, node, 'completion_tokens') ?? 0;
  if (prompt === null) return null;
  const promptDetails = objectMember(node, 'prompt_tokens_details');
  const details = objectMember(node, 'completion_tokens_details');
  const cached =
    tokens(text, promptDetails, 'cached_tokens') ?? tokens(text, node, 'prompt_cache_hit_tokens') ?? 0;
  const written = tokens(text, promptDetails, 'cache_write_tokens') ?? 0;
  const audioInput = tokens(text, promptDetails, 'audio_tokens') ?? 0;
  const audioOutput = tokens(text, details, 'audio_tokens') ?? 0;
  const reasoning = tokens(text, details, 'reasoning_tokens') ?? 0;
  const total = tokens(text, node, 'total_tokens') ?? 0;
  const outside = reasoning > 0 && total - prompt - completion === reasoning;
  return {
    input: Math.max(0, prompt - cached - written - audioInput),
    cached_input: cached,
    cache_write: written,
    output: Math.max(0, completion - audioOutput - (outside ? 0 : reasoning)),
    reasoning,
    audio_input: audioInput,
    audio_output: audioOutput,
  };
}

function objectMember(node: JsonNode | null, key: string): JsonNode | null {
  const found = member(node, key);
  return found?.kind === OBJECT ? found : null;
}

/** A count of tokens: what is no whole number from 0 to 2^53 is as good as missing. */
function tokens(text: string, node: JsonNode | null, key: string): number | null {
  const value = numberMember(text, node, key);
  return value !== null && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
