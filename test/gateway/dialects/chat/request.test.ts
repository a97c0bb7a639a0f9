import { expect } from 'chai';
import fc from 'fast-check';
import { chat } from '../../../../gateway/dialects/chat/dialect.ts';
import type { ParsedRequest } from '../../../../gateway/dialects/dialect.ts';
import { GatewayError } from '../../../../gateway/errors.ts';
import { writeRandomly } from '../../json/random-json.ts';

function read(body: unknown): ParsedRequest {
  return chat.readRequest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
}

function refusal(body: string | Buffer): GatewayError {
  try {
    chat.readRequest(Buffer.from(body));
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('was read');
}

const MESSAGES = [{ role: 'user', content: 'hi' }];

describe('chat request', () => {
  it('reads model, stream and the limit on output', () => {
    const request = read({
      model: 'gpt',
      messages: MESSAGES,
      stream: true,
      max_tokens: 5,
      max_completion_tokens: 7,
    });
    expect([request.model, request.stream, request.maxOutputTokens]).to.deep.equal(['gpt', true, 7]);
    const other = read({ model: 'gpt', messages: MESSAGES, stream: null, max_tokens: 5 });
    expect([other.stream, other.maxOutputTokens]).to.deep.equal([false, 5]);
    expect(read({ model: 'gpt', messages: MESSAGES }).maxOutputTokens).to.equal(null);
  });

  it('names each leaf by path, part and role', () => {
    const request = read({
      model: 'm',
      messages: [
        {
          content: [
            { type: 'text', text: 'a' },
            { type: 'refusal', refusal: 'b' },
          ],
          role: 'assistant',
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'c' },
        {
          role: 'assistant',
          tool_calls: [{ id: 'x', type: 'function', function: { name: 'd', arguments: '{"e":"f"}' } }],
        },
      ],
      metadata: { jane: 'g' },
      tools: [
        { type: 'function', function: { name: 'h', parameters: { type: 'object', properties: { i: {} } } } },
      ],
    });
    expect(request.leaves.map((leaf) => [leaf.path, leaf.part, leaf.role, leaf.text])).to.deep.equal([
      ['messages[0].content[0].text', 'content', 'assistant', 'a'],
      ['messages[0].content[1].refusal', 'refusal', 'assistant', 'b'],
      ['messages[1].content', 'content', 'tool', 'c'],
      ['messages[2].tool_calls[0].function.name', 'other', 'assistant', 'd'],
      ['messages[2].tool_calls[0].function.arguments{0}', 'tool_arguments', 'assistant', 'e'],
      ['messages[2].tool_calls[0].function.arguments{1}', 'tool_arguments', 'assistant', 'f'],
      ['metadata{0}#key', 'other', undefined, 'jane'],
      ['metadata{0}', 'other', undefined, 'g'],
      ['tools[0].function.name', 'tool_definition', undefined, 'h'],
      ['tools[0].function.parameters.type', 'tool_definition', undefined, 'object'],
      ['tools[0].function.parameters.properties{0}#key', 'tool_definition', undefined, 'i'],
    ]);
    expect(request.leaves.every((leaf) => leaf.phase === 'input')).to.equal(true);
    expect(request.skipped).to.deep.include({
      path: 'messages[].tool_call_id',
      bytes: 6,
      reason: 'identifier',
    });
    expect(request.scannedBytes).to.equal('abcdefjaneghobjecti'.length);
  });

  it('does not skip what is no word or identifier, and skips media by its bytes', () => {
    const request = read({
      model: 'm',
      service_tier: 'call me at jane@example.com',
      messages: [
        {
          role: 'user says 1',
          content: [
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
            { type: 'image_url', image_url: { url: 'https://x.test/?q=jane' } },
            { type: 'input_audio', input_audio: { data: 'QUJD', format: 'wav' } },
          ],
        },
      ],
    });
    expect(request.leaves.map((leaf) => leaf.text)).to.have.members([
      'call me at jane@example.com',
      'user says 1',
      'https://x.test/?q=jane',
    ]);
    expect(request.skipped).to.deep.include.members([
      { path: 'messages[].content[].image_url.url', bytes: 26, reason: 'encoded media, no text' },
      { path: 'messages[].content[].input_audio.data', bytes: 4, reason: 'encoded media, no text' },
    ]);
  });

  it('gives the body back untouched, and edits only what it is told to', () => {
    const body =
      '{ "model" : "a\\u006cias", "seed": 12345678901234567890,\r\n "messages":[{"role":"user","content":"\\u0061\\/b 😀"},{"role":"user","content":"old"}] }';
    const request = read(body);
    const raw = Buffer.from(body);
    expect(chat.readRequest(raw).withEdits([], {}).body).to.equal(raw);
    const ref = request.leaves.find((leaf) => leaf.text === 'old')!.ref;
    expect(request.model).to.equal('alias');
    const edited = request.withEdits([{ ref, text: 'né"w' }], { model: 'real' });
    expect(edited.body.toString()).to.equal(
      body.replace('"a\\u006cias"', '"real"').replace('"old"', '"né\\"w"'),
    );
    expect(edited.listed).to.deep.equal(['alias']);
    expect(request.withEdits([], { model: 'alias' })).to.deep.equal({ body: raw, listed: [] });
  });

  it('asks for usage with the smallest change', () => {
    const cases: [string, string, string[]][] = [
      [
        '{"model":"m","messages":[]}',
        '{"model":"m","messages":[],"stream_options":{"include_usage":true}}',
        ['include_usage'],
      ],
      [
        '{"model":"m","messages":[],"stream_options":null }',
        '{"model":"m","messages":[],"stream_options":{"include_usage":true} }',
        ['include_usage'],
      ],
      [
        '{"model":"m","stream_options":{ },"messages":[]}',
        '{"model":"m","stream_options":{"include_usage":true },"messages":[]}',
        ['include_usage'],
      ],
      [
        '{"model":"m","stream_options":{"include_obfuscation":false },"messages":[]}',
        '{"model":"m","stream_options":{"include_obfuscation":false,"include_usage":true },"messages":[]}',
        ['include_usage'],
      ],
      [
        '{"model":"m","stream_options":{"include_usage":false},"messages":[]}',
        '{"model":"m","stream_options":{"include_usage":true},"messages":[]}',
        ['include_usage'],
      ],
      [
        '{"model":"m","stream_options":{"include_usage":true},"messages":[]}',
        '{"model":"m","stream_options":{"include_usage":true},"messages":[]}',
        [],
      ],
    ];
    for (const [body, expected, listed] of cases) {
      const result = read(body).withEdits([], { includeUsage: true });
      expect([result.body.toString(), result.listed]).to.deep.equal([expected, listed]);
    }
  });

  it('edits strings and keys inside the arguments of a call, and keeps the rest of them', () => {
    const args = '{ "ssn" : "\\u0031\\u0032\\u0033-45-6789", "n": 1.50, "other": "\\u00e9" }';
    const request = read({
      model: 'm',
      messages: [{ role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'f', arguments: args } }] }],
    });
    const edits = request.leaves.flatMap(({ ref, text }) => {
      if (text === '123-45-6789') return [{ ref, text: '[SSN]' }];
      return text === 'ssn' ? [{ ref, text: 'id' }] : [];
    });
    expect(edits).to.have.length(2);
    const after = JSON.parse(request.withEdits(edits, {}).body.toString());
    expect(after.messages[0].tool_calls[0].function.arguments).to.equal(
      '{ "id" : "[SSN]", "n": 1.50, "other": "\\u00e9" }',
    );
  });

  it('edits any leaves as changing the value would, whatever the formatting', () => {
    const text = fc.string({ unit: 'binary', minLength: 1 });
    const message = fc.record({
      role: fc.constant('user'),
      content: fc.oneof(text, fc.array(fc.record({ type: fc.constant('text'), text }))),
    });
    fc.assert(
      fc.property(
        fc.array(message),
        text,
        fc.infiniteStream(fc.nat(1000)),
        (messages, replacement, rolls) => {
          const roll = (): number => rolls.next().value;
          const value = { model: 'm', messages, stop: ['x'] };
          const request = read(writeRandomly(value, roll));
          const chosen = request.leaves.filter(() => roll() % 2 === 0);
          const { body } = request.withEdits(
            chosen.map(({ ref }) => ({ ref, text: replacement })),
            {},
          );
          const expected = structuredClone(value) as unknown;
          for (const leaf of chosen) set(expected, leaf.path, replacement);
          expect(JSON.parse(body.toString())).to.deep.equal(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('refuses what is no request, and says where and what is expected', () => {
    const cases: [string | Buffer, string, RegExp][] = [
      ['', 'invalid_json', /ends after 0 bytes/],
      ['{"model":"m",}', 'invalid_json', /at byte 13/],
      [Buffer.from([0x7b, 0x22, 0xff]), 'invalid_utf8', /UTF-8/],
      [
        '{"model":"m","messages":[{"role":"a","content":"x","role":"b"}]}',
        'duplicate_key',
        /`messages\[0\]\.role`/,
      ],
      ['{"model":"m","messages":[],"metadata":{"secret":1,"secret":2}}', 'duplicate_key', /`metadata\{1\}`/],
      ['['.repeat(65), 'nesting_too_deep', /64/],
      ['[]', 'invalid_request', /body must be an object/],
      ['{"messages":[]}', 'invalid_request', /`model` is missing; it must be a string/],
      ['{"model":"m"}', 'invalid_request', /`messages` is missing; it must be an array/],
      ['{"model":"","messages":[]}', 'invalid_request', /`model`/],
      ['{"model":7,"messages":[]}', 'invalid_request', /`model` must be a string/],
      ['{"model":"m","messages":"hi"}', 'invalid_request', /`messages` must be an array/],
      ['{"model":"m","messages":["hi"]}', 'invalid_request', /`messages\[0\]` must be an object/],
      ['{"model":"m","messages":[{"content":5}]}', 'invalid_request', /`messages\[0\]\.content`/],
      ['{"model":"m","messages":[],"stream":"yes"}', 'invalid_request', /`stream` must be true or false/],
      ['{"model":"m","messages":[],"stream_options":1}', 'invalid_request', /`stream_options`/],
      ['{"model":"m","messages":[],"max_tokens":"9"}', 'invalid_request', /`max_tokens` must be a number/],
    ];
    for (const [body, code, message] of cases) {
      const error = refusal(body);
      expect([error.code, error.status], String(body)).to.deep.equal([code, 400]);
      expect(error.message).to.match(message);
      expect(error.message).not.to.match(/secret/);
    }
  });

  it('refuses more values than it would hold in memory', () => {
    const error = refusal(`{"model":"m","messages":[],"stop":[${'1,'.repeat(250_000)}1]}`);
    expect([error.code, error.status]).to.deep.equal(['body_too_large', 413]);
    const args = JSON.stringify(`[${'"a",'.repeat(250_000)}"a"]`);
    const call = `{"role":"assistant","tool_calls":[{"function":{"arguments":${args}}}]}`;
    expect(refusal(`{"model":"m","messages":[${call}]}`).code).to.equal('body_too_large');
  });

  it('writes errors and models in the form of the API', () => {
    const error = new GatewayError('input_blocked', 'no', { policy: 'dlp' });
    const body = {
      error: {
        type: 'policy_violation',
        message: 'no',
        code: 'input_blocked',
        policy: 'dlp',
        request_id: 'r',
        event_id: 'evt_1',
      },
    };
    const ids = { requestId: 'r', eventId: 'evt_1' };
    expect(JSON.parse(chat.errorBody(error, ids))).to.deep.equal(body);
    expect(chat.errorFrame(error, ids)).to.equal(`data: ${chat.errorBody(error, ids)}\n\n`);
    expect(JSON.parse(chat.modelsBody([{ id: 'gpt', owned_by: 'openai' }]))).to.deep.equal({
      object: 'list',
      data: [{ id: 'gpt', object: 'model', created: 0, owned_by: 'openai' }],
    });
  });
});

/** Sets the value at a path of names and indexes. */
function set(root: unknown, path: string, value: string): void {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
  let at = root as Record<string, unknown>;
  for (const step of steps.slice(0, -1)) at = at[step] as Record<string, unknown>;
  at[steps[steps.length - 1]!] = value;
}
