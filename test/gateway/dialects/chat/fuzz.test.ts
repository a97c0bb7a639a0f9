import { expect } from 'chai';
import fc from 'fast-check';
import { chat } from '../../../../gateway/dialects/chat/dialect.ts';
import { GatewayError } from '../../../../gateway/errors.ts';
import { options, ssnGuard } from './guards.ts';

const ANSWER = JSON.stringify({
  id: 'c1',
  model: 'm',
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content: 'a 123-45-6789',
        tool_calls: [{ index: 0, function: { arguments: '{"a":"b"}' } }],
      },
      delta: {
        content: 'a 12',
        tool_calls: [{ index: 0, function: { arguments: '{"a":"\\u00' } }],
        refusal: null,
      },
      logprobs: { content: [{ token: 'a', bytes: [97], top_logprobs: [{ token: 'b' }] }], refusal: null },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  error: null,
});
const REQUEST = JSON.stringify({
  model: 'm',
  messages: [
    {
      role: 'user',
      content: [{ type: 'text', text: 'x' }],
      tool_calls: [{ function: { arguments: '{"a":1' } }],
    },
  ],
  stream_options: { include_usage: false },
});

/** One text with random pieces cut out, put in or moved. */
function mutated(text: string): fc.Arbitrary<string> {
  const piece = fc.constantFrom(
    'null',
    '[]',
    '{}',
    '""',
    '0',
    '-',
    '"',
    ',',
    '\\',
    '[',
    '}',
    ':',
    '1e999',
    'é',
    '{"a":1}',
  );
  return fc
    .array(fc.tuple(fc.nat(text.length), fc.nat(12), piece), { minLength: 1, maxLength: 4 })
    .map((changes) =>
      changes.reduce((now, [at, size, put]) => now.slice(0, at) + put + now.slice(at + size), text),
    );
}

/** Replaces whole values of a JSON text, so that the result is mostly read. */
function retyped(text: string): fc.Arbitrary<string> {
  const values = text.match(/"[^"]*"(?!:)|null|\d+|\[\]/g) ?? [];
  const other = fc.constantFrom('null', '[]', '{}', '"s"', '7', 'true', '[{}]', '[[1]]', '{"index":-1}');
  return fc
    .array(fc.tuple(fc.nat(values.length - 1), other), { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((now, [at, put]) => now.replace(values[at]!, () => put), text));
}

function onlyGatewayErrors(action: () => void, codes: readonly string[]): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    expect(codes).to.include(error.code);
  }
}

describe('chat dialect under garbage', () => {
  it('answers a request with its own errors only', () => {
    const codes = ['invalid_json', 'invalid_request', 'duplicate_key', 'nesting_too_deep'];
    fc.assert(
      fc.property(fc.oneof(mutated(REQUEST), retyped(REQUEST)), (text) => {
        onlyGatewayErrors(() => {
          const request = chat.readRequest(Buffer.from(text));
          const edits = request.leaves.map(({ ref }) => ({ ref, text: 'y' }));
          const { body } = request.withEdits(edits, { model: 'other', includeUsage: true });
          expect(JSON.parse(body.toString()).model).to.equal('other');
          expect(JSON.parse(body.toString()).stream_options.include_usage).to.equal(true);
        }, codes);
      }),
      { numRuns: 3000 },
    );
  });

  it("calls bad answers and streams the upstream's fault", () => {
    fc.assert(
      fc.property(fc.oneof(mutated(ANSWER), retyped(ANSWER)), (text) => {
        onlyGatewayErrors(() => {
          const answer = chat.readAnswer(Buffer.from(text));
          const edits = answer.leaves.map(({ ref }) => ({ ref, text: 'y' }));
          JSON.parse(answer.withEdits(edits).toString());
        }, ['upstream_invalid']);
        onlyGatewayErrors(() => {
          const stream = chat.openStream(options(ssnGuard));
          const frame = Buffer.from(`data: ${text}\n\n`);
          const out = [stream.push(frame), stream.push(frame), stream.push(Buffer.from('data: [DONE]\n\n'))];
          out.push(stream.end());
          for (const data of Buffer.concat(out).toString().split(/\n\n/)) {
            if (data.startsWith('data: {')) JSON.parse(data.slice('data: '.length));
          }
        }, ['upstream_invalid', 'upstream_interrupted']);
      }),
      { numRuns: 3000 },
    );
  });
});
