import type { Behaviour } from './behaviour.ts';

/** Plain English has about four characters a token. */
const CHARS_PER_TOKEN = 4;

interface Facts {
  /** Number of the answer, for its id. */
  serial: number;
  model: string;
  /** Seconds since the epoch. */
  created: number;
  text: string;
  requestChars: number;
}

function usageOf(facts: Facts): object {
  const prompt = Math.max(1, Math.ceil(facts.requestChars / CHARS_PER_TOKEN));
  const completion = Math.max(1, Math.ceil(facts.text.length / CHARS_PER_TOKEN));
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}

function common(facts: Facts, object: string): object {
  return { id: `chatcmpl-mock-${facts.serial}`, object, created: facts.created, model: facts.model };
}

/** A whole answer. */
export function wholeAnswer(facts: Facts): string {
  return JSON.stringify({
    ...common(facts, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: facts.text, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: usageOf(facts),
  });
}

/** The frames of a streamed answer, cut where the behaviour says. */
export function streamFrames(facts: Facts, behaviour: Behaviour, includeUsage: boolean): string[] {
  const frame = (choices: object[], extra: object = {}): string =>
    `data: ${JSON.stringify({ ...common(facts, 'chat.completion.chunk'), choices, ...extra })}\n\n`;
  const delta = (content: object, finish: string | null = null): object => ({
    index: 0,
    delta: content,
    logprobs: null,
    finish_reason: finish,
  });
  const pieces = piecesOf(facts.text, behaviour.chunkChars).map((content) => frame([delta({ content })]));
  const head = frame([delta({ role: 'assistant', content: '', refusal: null })]);
  if (behaviour.cutAfterChunks !== null) return [head, ...pieces.slice(0, behaviour.cutAfterChunks)];
  const usage = includeUsage ? [frame([], { usage: usageOf(facts) })] : [];
  return [head, ...pieces, frame([delta({}, 'stop')]), ...usage, 'data: [DONE]\n\n'];
}

/** Never splits a code point. */
function piecesOf(text: string, size: number): string[] {
  const points = Array.from(text);
  const pieces: string[] = [];
  for (let at = 0; at < points.length; at += size) pieces.push(points.slice(at, at + size).join(''));
  return pieces;
}

/** A failure as providers write it. */
export function failureBody(status: number): string {
  const type = status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error';
  return JSON.stringify({
    error: {
      message: `The built-in mock was asked to fail with status ${status}.`,
      type,
      param: null,
      code: null,
    },
  });
}
