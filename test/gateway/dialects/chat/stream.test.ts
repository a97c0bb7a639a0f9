import { expect } from 'chai';
import { chat } from '../../../../gateway/dialects/chat/dialect.ts';
import type { AnswerStream, StreamOptions } from '../../../../gateway/dialects/dialect.ts';
import { GatewayError } from '../../../../gateway/errors.ts';
import type { LeafFacts } from '../../../../gateway/policies/kind.ts';
import { maskSsn, options, passAll, ssnBlocker, ssnGuard } from './guards.ts';
import { chunk, type Delta, expectSameAsWhole, payloads, sse } from './streams.ts';

function said(content: string, more: Partial<Delta> = {}): object {
  return chunk({ index: 0, delta: { content }, finish_reason: null, ...more });
}

const FINISH = chunk({ index: 0, delta: {}, finish_reason: 'stop' });

function content(bytes: Buffer, index = 0, field = 'content'): string {
  return payloads(bytes)
    .flatMap((load) => load.choices ?? [])
    .filter((choice) => choice.index === index)
    .map((choice) => choice.delta?.[field] ?? '')
    .join('');
}

function run(bytes: Buffer, streamOptions: StreamOptions): { out: Buffer; stream: AnswerStream } {
  const stream = chat.openStream(streamOptions);
  return { out: Buffer.concat([stream.push(bytes), stream.end()]), stream };
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof GatewayError) return error.code;
    throw error;
  }
  return 'none';
}

describe('chat stream', () => {
  it('masks a number that is cut over frames, in the frame where it begins', () => {
    const { out } = run(
      sse(said('SSN 123-'), said('45-67'), said('89.'), FINISH, '[DONE]'),
      options(ssnGuard),
    );
    const texts = payloads(out).map((load) => load.choices[0]!.delta!['content']);
    expect(texts).to.deep.equal(['SSN [SSN]', '', '.', undefined]);
    expect(out.toString()).to.match(/data: \[DONE\]\n\n$/);
  });

  it('rewrites only the literal, and keeps odd formatting around it', () => {
    const odd =
      ': ping\nevent: x\ndata:{ "choices" : [ {"index":0, "delta" : {"content":"123-45-6789"}, "n": 12345678901234567890 } ] }\r\n\r\n';
    const { out } = run(Buffer.from(odd + sse(FINISH, '[DONE]').toString()), options(ssnGuard));
    expect(out.toString()).to.equal(odd.replace('123-45-6789', '[SSN]') + sse(FINISH, '[DONE]').toString());
  });

  it('delays a frame with held text and the ones behind it, and sends the rest at once', () => {
    const stream = chat.openStream(options(ssnGuard));
    const first = sse(said('plain'));
    expect(stream.push(first)).to.equal(first);
    expect(stream.push(sse(said('12'))).length).to.equal(0);
    const comment = Buffer.from(': keep\n\n');
    expect(stream.push(comment).length).to.equal(0);
    expect(stream.push(sse(said(' o')))).to.deep.equal(
      Buffer.concat([sse(said('12')), comment, sse(said(' o'))]),
    );
  });

  it('never lets a finish reason or the end go before held text', () => {
    const stream = chat.openStream(options(ssnGuard));
    expect(stream.push(sse(said('code 123'))).length).to.equal(0);
    expect(stream.push(sse(FINISH))).to.deep.equal(sse(said('code 123'), FINISH));
    expect(stream.complete).to.equal(true);
    // The end marker waits for the end, before which the record of the request is made.
    expect(stream.push(sse('[DONE]')).length).to.equal(0);
    expect(stream.end()).to.deep.equal(sse('[DONE]'));
  });

  it('throws a block before any byte of the match has left', () => {
    const stream = chat.openStream(options(ssnBlocker));
    const sent = [stream.push(sse(said('number '))), stream.push(sse(said('123-45')))];
    expect(codeOf(() => stream.push(sse(said('-6789'))))).to.equal('output_blocked');
    expect(content(Buffer.concat(sent))).to.equal('number ');
  });

  it('has the same to send before a block, whole frames, however the bytes came', () => {
    const before = [said('one. '), said('two. ')];
    const bytes = sse(...before, said('123'), said('free. '), said('123-45-6789'), said('x '));
    const until = sse(...before, said('123'), said('free. '));
    for (let size = 1; size <= bytes.length; size++) {
      const stream = chat.openStream(options(ssnBlocker));
      const sent: Buffer[] = [];
      expect(
        codeOf(() => {
          for (let at = 0; at < bytes.length; at += size) {
            sent.push(stream.push(bytes.subarray(at, at + size)));
          }
        }),
      ).to.equal('output_blocked');
      expect(Buffer.concat([...sent, stream.rest]).toString()).to.equal(until.toString());
    }
    const bad = chat.openStream(options(passAll));
    const garbage = Buffer.concat([
      ...before.map((load) => sse(load)),
      Buffer.from('data: "\xff\n\n', 'latin1'),
    ]);
    expect(codeOf(() => bad.push(garbage))).to.equal('upstream_invalid');
    expect(bad.rest.toString()).to.equal(sse(...before).toString());
  });

  it('closes a last event without a blank line where something follows it', () => {
    const appending = () => ({ push: passAll().push, end: () => ' (checked)' });
    const last = `data: ${JSON.stringify(said('x'))}`;
    const { out } = run(Buffer.concat([sse(FINISH, '[DONE]'), Buffer.from(last)]), options(appending));
    expect(content(out)).to.equal('x (checked)');
    const plain = run(Buffer.concat([sse(FINISH, '[DONE]'), Buffer.from(last)]), options(passAll));
    expect(plain.out.toString().endsWith(last)).to.equal(true);
  });

  it('guards each channel of each choice for itself', () => {
    const seen: LeafFacts[] = [];
    const guard = (leaf: LeafFacts) => {
      seen.push(leaf);
      return ssnGuard();
    };
    const body = sse(
      chunk({ index: 0, delta: { role: 'assistant', content: '123-', reasoning_content: '987-' } }),
      chunk({ index: 1, delta: { content: '111-' } }, { index: 0, delta: { refusal: '222-' } }),
      chunk({ index: 0, delta: { content: '45-6789', reasoning_content: '65-4321', refusal: '22-2222' } }),
      chunk(
        { index: 1, delta: { content: '11-1111' }, finish_reason: 'stop' },
        { index: 0, delta: {}, finish_reason: 'stop' },
      ),
      '[DONE]',
    );
    const { out, stream } = run(body, options(guard));
    for (const [index, field] of [
      [0, 'content'],
      [0, 'reasoning_content'],
      [0, 'refusal'],
      [1, 'content'],
    ] as const) {
      expect(content(out, index, field), `${index} ${field}`).to.equal('[SSN]');
    }
    expect(seen.map((leaf) => [leaf.path, leaf.part])).to.deep.equal([
      ['choices[0].message.content', 'content'],
      ['choices[0].message.reasoning_content', 'reasoning'],
      ['choices[1].message.content', 'content'],
      ['choices[0].message.refusal', 'refusal'],
    ]);
    expect(stream.finishReasons).to.deep.equal(['stop', 'stop']);
  });

  it('sees tool arguments unescaped, in fragments that cut an escape', () => {
    const call = (fragment: string, more: object = {}): object =>
      chunk({ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: fragment }, ...more }] } });
    const args = '{"note":"\\u0031\\u0032\\u0033-45-6789 caf\\u00e9","n":12,"ssn":"123-45-6789"}';
    for (let size = 1; size <= args.length; size++) {
      const pieces = args.match(new RegExp(`.{1,${size}}`, 'gs'))!;
      const body = sse(
        call('', { id: 'call_1', type: 'function', function: { name: 'save', arguments: '' } }),
        ...pieces.map((piece) => call(piece)),
        chunk({ index: 0, delta: {}, finish_reason: 'tool_calls' }),
        '[DONE]',
      );
      const { out } = run(body, options(ssnGuard));
      const fragments = payloads(out).flatMap((load) => load.choices[0]!.delta!['tool_calls'] ?? []) as {
        function: { arguments: string };
      }[];
      expect(JSON.parse(fragments.map((piece) => piece.function.arguments).join(''))).to.deep.equal({
        note: '[SSN] café',
        n: 12,
        ssn: '[SSN]',
      });
      expect(fragments).to.have.length(pieces.length + 1);
      expect(run(body, options(passAll)).out.equals(body)).to.equal(true);
    }
  });

  it('masks log probabilities: tokens, bytes and alternatives', () => {
    const token = (text: string): object => ({
      token: text,
      logprob: -0.5,
      bytes: [...Buffer.from(text)],
      top_logprobs: [{ token: text, logprob: -0.5, bytes: [...Buffer.from(text)] }],
    });
    const frame = (...texts: string[]): object =>
      said(texts.join(''), { logprobs: { content: texts.map(token) } });
    const { out, stream } = run(
      sse(frame('a ', '123'), frame('-45-', '6789', '!'), FINISH),
      options(ssnGuard),
    );
    const tokens = payloads(out).flatMap(
      (load) => (load.choices[0]!.logprobs as { content: object[] } | undefined)?.content ?? [],
    );
    const masked = (text: string): object => ({
      token: text,
      logprob: -0.5,
      bytes: [...Buffer.from(text)],
      top_logprobs: [],
    });
    expect(tokens).to.deep.equal([token('a '), masked('[SSN]'), masked(''), masked(''), token('!')]);
    expect(stream.skipped.map((skip) => skip.path)).to.include('choices[].logprobs[].top_logprobs[].token');
  });

  it('scans what it does not know, in deltas as a channel and elsewhere at once', () => {
    const body = sse(
      { ...chunk({ index: 0, delta: { thoughts: '123-45' } }), 'x 123-45-6789': { note: '123-45-6789' } },
      chunk({ index: 0, delta: { thoughts: '-6789' }, finish_reason: 'stop' }),
      '[DONE]',
    );
    const { out } = run(body, options(ssnGuard));
    expect(out.toString()).not.to.match(/6789/);
    expect(payloads(out)[0]!['x [SSN]']).to.deep.equal({ note: '[SSN]' });
    expect(content(out, 0, 'thoughts')).to.equal('[SSN]');
  });

  it('scans what every chunk repeats once, and masks it each time where it must', () => {
    let guards = 0;
    const guard = () => {
      guards++;
      return ssnGuard();
    };
    const frames = Array.from({ length: 9 }, () => ({
      ...chunk({ index: 0, delta: {} }),
      host: 'Some Host',
      note: '123-45-6789',
    }));
    const { out, stream } = run(sse(...frames, FINISH), options(guard));
    expect(
      payloads(out)
        .map((load) => load['note'])
        .slice(0, 9),
    ).to.deep.equal(Array(9).fill('[SSN]'));
    // Once for each key and the host, each time for what is masked.
    expect(guards).to.equal(3 + 9);
    expect(stream.scannedBytes).to.equal(9 * 'hostSome Hostnote123-45-6789'.length);
  });

  it('passes an error in mid-stream, inspected, after what was held', () => {
    const error = { error: { message: 'key of 123-45-6789 is bad', type: 'server_error', code: null } };
    const { out } = run(sse(said('pre 12'), error), options(ssnGuard));
    expect(
      out.equals(
        Buffer.concat([
          sse(said('pre 12')),
          sse({ error: { ...error.error, message: 'key of [SSN] is bad' } }),
        ]),
      ),
    ).to.equal(true);
  });

  it('sends text that a guard adds at the end before the finish, in a frame of its own if need be', () => {
    const appending = () => {
      const inner = ssnGuard();
      return { push: inner.push, end: () => `${inner.end()} (checked)` };
    };
    const apart = run(sse(said('all sent '), FINISH, '[DONE]'), options(appending)).out;
    expect(payloads(apart)).to.deep.equal([
      said('all sent '),
      chunk({ index: 0, delta: { content: ' (checked)' }, finish_reason: null }),
      FINISH,
    ]);
    const held = run(sse(said('held 12'), FINISH, '[DONE]'), options(appending)).out;
    expect(payloads(held)).to.deep.equal([said('held 12 (checked)'), FINISH]);
    const together = run(sse(said('x ', { finish_reason: 'stop' }), '[DONE]'), options(appending)).out;
    expect(payloads(together)).to.deep.equal([said('x  (checked)', { finish_reason: 'stop' })]);
    const parts = chunk({ index: 2, delta: { content: [{ type: 'text', text: 'part ' }] } });
    const nested = run(
      sse(parts, chunk({ index: 2, delta: {}, finish_reason: 'stop' })),
      options(appending),
    ).out;
    expect(payloads(nested)[1]!.choices).to.deep.equal([
      { index: 2, delta: { content: [{ type: 'text', text: ' (checked)' }] }, finish_reason: null },
    ]);
  });

  it('tells an interrupted stream, and never ends one itself', () => {
    for (const frames of [
      [],
      [said('a')],
      [
        said('a'),
        chunk({ index: 1, delta: { content: 'b' } }, { index: 0, delta: {}, finish_reason: 'stop' }),
      ],
    ]) {
      const stream = chat.openStream(options(passAll));
      expect(stream.push(sse(...frames)).toString()).not.to.match(/DONE/);
      expect(codeOf(() => stream.end())).to.equal('upstream_interrupted');
    }
    const cut = chat.openStream(options(passAll));
    cut.push(sse(said('a')));
    cut.push(Buffer.from('data: {"choices":[{"ind'));
    expect(codeOf(() => cut.end())).to.equal('upstream_interrupted');
    expect(run(sse(said('a'), FINISH), options(passAll)).stream.finishReasons).to.deep.equal(['stop']);
  });

  it('leaves out an event that is cut off behind the answer’s finish', () => {
    const whole = sse(said('a'), FINISH);
    for (const cut of ['d', 'da', 'data', 'data:', 'data: {"choices":[],"us']) {
      const stream = chat.openStream(options(passAll));
      const sent = stream.push(Buffer.concat([whole, Buffer.from(cut)]));
      expect(Buffer.concat([sent, stream.end()]).equals(whole), cut).to.equal(true);
    }
    const kept = chat.openStream(options(passAll));
    const bytes = Buffer.concat([whole, Buffer.from(': keep-alive\n')]);
    expect(Buffer.concat([kept.push(bytes), kept.end()]).equals(bytes)).to.equal(true);
  });

  it('refuses garbage and events over their size', () => {
    for (const bytes of [
      'data: {"choices":\n\n',
      'data: 1\n\n',
      'data: {"choices":[1]}\n\n',
      'data: {"choices":[{"delta":{"content":5}}]}\n\n',
      'data: {"a":1,"a":2}\n\n',
    ]) {
      const stream = chat.openStream(options(passAll));
      expect(
        codeOf(() => stream.push(Buffer.from(bytes))),
        bytes,
      ).to.equal('upstream_invalid');
    }
    const invalid = Buffer.concat([Buffer.from('data: {"a":"'), Buffer.from([0xff]), Buffer.from('"}\n\n')]);
    expect(codeOf(() => chat.openStream(options(passAll)).push(invalid))).to.equal('upstream_invalid');
    const large = chat.openStream(options(passAll, { maxFrameBytes: 100 }));
    expect(large.push(Buffer.from(`data: ${'x'.repeat(80)}`)).length).to.equal(0);
    expect(codeOf(() => large.push(Buffer.from('x'.repeat(80))))).to.equal('upstream_invalid');
  });

  it("drops only the usage chunk that was asked for, not Azure's first", () => {
    const azure = { choices: [], id: '', model: '', prompt_filter_results: [{ prompt_index: 0 }] };
    const usage = { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } };
    const body = sse(azure, said('a'), FINISH, usage, '[DONE]');
    const { out, stream } = run(body, options(passAll, { dropUsageChunk: true }));
    expect(out.equals(sse(azure, said('a'), FINISH, '[DONE]'))).to.equal(true);
    expect(stream.usage).to.include({ input: 3, output: 2 });
    expect(stream.model).to.equal('m');
  });

  it('does not let a channel that went silent stop the others for long', () => {
    const stream = chat.openStream(options(ssnGuard));
    const thought = chunk({ index: 0, delta: { reasoning_content: 'about 123-45' } });
    expect(stream.push(sse(thought)).length).to.equal(0);
    const words = Array.from({ length: 20 }, (_, i) => said(`word${i} is. `));
    const delays = words.map((word) => stream.push(sse(word)).length === 0);
    expect(delays.indexOf(false)).to.equal(8);
    expect(delays.slice(8)).not.to.include(true);
    // It leaves when it is decided, and what came after it was never before it.
    const late = stream.push(sse(chunk({ index: 0, delta: { reasoning_content: '-6789 it was' } })));
    expect(content(late, 0, 'reasoning_content')).to.equal('about [SSN] it was');
  });

  it('sends what waited before the finish, and never lets the finish pass it', () => {
    const stream = chat.openStream(options(ssnGuard));
    const thought = chunk({ index: 0, delta: { reasoning_content: '123' } });
    const words = Array.from({ length: 20 }, () => said('w '));
    const early = stream.push(sse(thought, ...words));
    expect(early).to.deep.equal(sse(...words));
    expect(stream.push(sse(FINISH))).to.deep.equal(sse(thought, FINISH));
  });

  it('lets nothing of a choice pass the frame that says who speaks', () => {
    const stream = chat.openStream(options(ssnGuard));
    const first = chunk({ index: 0, delta: { role: 'assistant', reasoning_content: '123' } });
    const words = Array.from({ length: 20 }, () => said('w '));
    expect(stream.push(sse(first, ...words)).length).to.equal(0);
    const other = sse(chunk({ index: 1, delta: { role: 'assistant', content: 'free' } }));
    expect(stream.push(other)).to.deep.equal(other);
    expect(stream.push(sse(FINISH))).to.deep.equal(sse(first, ...words, FINISH));
  });

  it('lets keep-alives pass once others do', () => {
    const stream = chat.openStream(options(ssnGuard));
    stream.push(sse(chunk({ index: 0, delta: { reasoning_content: '123' } })));
    stream.push(sse(...Array.from({ length: 20 }, () => said('w '))));
    expect(stream.push(Buffer.from(': wait\n\n')).toString()).to.equal(': wait\n\n');
  });

  it('holds the name of a tool until its arguments begin, and no number in it leaves', () => {
    const call = (of: object) => chunk({ index: 0, delta: { tool_calls: [{ index: 0, function: of }] } });
    const stream = chat.openStream(options(ssnGuard));
    expect(stream.push(sse(call({ name: 'f123-', arguments: '' }))).length).to.equal(0);
    expect(stream.push(sse(call({ name: '45-' }))).length).to.equal(0);
    const out = stream.push(sse(call({ name: '6789x' }), call({ arguments: '{}' })));
    expect(out.toString())
      .to.include('f[SSN]')
      .and.not.match(/45|6789/);
    const plain = chat.openStream(options(ssnGuard));
    expect(plain.push(sse(call({ name: 'f12', arguments: '' }))).length).to.equal(0);
    const both = sse(call({ name: 'f12', arguments: '' }), call({ arguments: '{' }));
    expect(plain.push(sse(call({ arguments: '{' })))).to.deep.equal(both);
  });

  it('ends when more is held than it may hold', () => {
    const stream = chat.openStream(options(ssnGuard, { maxHeldBytes: 10_000 }));
    const frames = Array.from({ length: 200 }, () => sse(chunk({ index: 0, delta: { content: '1' } })));
    stream.push(sse(chunk({ index: 0, delta: { role: 'assistant', reasoning_content: '123' } })));
    expect(codeOf(() => frames.map((frame) => stream.push(frame)))).to.equal('upstream_too_large');
  });

  it('is the same as the whole answer, for any answer and any cuts', () => {
    expectSameAsWhole({
      snippets: ['123', '-45-', '6789', '123-45-6789', ' ', 'é😀', '"', '\\', '\n', 'x', '0'],
      edit: (leaves) => leaves.map(({ ref, text }) => ({ ref, text: maskSsn(text) })),
      open: () => ssnGuard,
      numRuns: 400,
    });
  });
});
