import { expect } from 'chai';
import fc from 'fast-check';
import type { CompiledEntry } from '../../../gateway/config/plan.ts';
import { chat } from '../../../gateway/dialects/chat/dialect.ts';
import type { StreamOptions } from '../../../gateway/dialects/dialect.ts';
import { GatewayError } from '../../../gateway/errors.ts';
import { innerStrings } from '../../../gateway/json/inner.ts';
import { inspectTexts } from '../../../gateway/pipeline/entries.ts';
import { createStreamGuard } from '../../../gateway/pipeline/stream-guard.ts';
import type { EntryResult } from '../../../gateway/pipeline/verdict.ts';
import { inspecting, rewriting, testEnv, tightScanner, wholeScanner } from './fixtures.ts';
import { fence } from './tool-fence.ts';

interface Call {
  name: string;
  args: string;
}

const chunkOf = (index: number, delta: object, finish_reason: string | null = null): object => ({
  id: 'c',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index, delta, finish_reason }],
});
const frame = (data: object | string): string =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const head = (index: number, { name }: Call, args = ''): object => ({
  tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name, arguments: args } }],
});
const part = (index: number, args: string): object => ({
  tool_calls: [{ index, function: { arguments: args } }],
});

/** What leaves of a stream that comes in these pieces, and how it ended. */
function streamed(
  entries: readonly CompiledEntry[],
  pieces: readonly (string | Buffer)[],
  more: Partial<StreamOptions> & { failMode?: 'allow' | 'block' } = {},
) {
  const guard = createStreamGuard({ ...testEnv(more.failMode), entries });
  const stream = chat.openStream({
    channel: (leaf) => guard.channel(leaf),
    ...(guard.toolCalls !== null && { toolCalls: guard.toolCalls }),
    dropUsageChunk: false,
    maxFrameBytes: 2 ** 20,
    ...more,
  });
  const out: string[] = [];
  let error: GatewayError | null = null;
  try {
    for (const piece of pieces) out.push(stream.push(Buffer.from(piece)).toString());
    out.push(stream.end().toString());
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    error = thrown;
    out.push(stream.rest.toString());
  }
  return { out, sent: out.join(''), error, outcome: guard.outcome(), stream };
}

function bytesOneByOne(text: string): Buffer[] {
  return [...Buffer.from(text)].map((byte) => Buffer.from([byte]));
}

/** What a client puts together. */
function folded(sent: string): { content: string; calls: Call[] } {
  const calls: Call[] = [];
  let content = '';
  for (const line of sent.split('\n').filter((one) => one.startsWith('data: {'))) {
    for (const { delta } of JSON.parse(line.slice(6)).choices) {
      content += delta.content ?? '';
      for (const { index, function: fn } of delta.tool_calls ?? []) {
        calls[index] ??= { name: '', args: '' };
        const call = calls[index];
        call.name += fn?.name ?? '';
        call.args += fn?.arguments ?? '';
      }
    }
  }
  return { content, calls };
}

/** The same of the whole answer. */
function whole(entries: readonly CompiledEntry[], calls: readonly Call[], content: string) {
  const message = {
    role: 'assistant',
    content,
    tool_calls: calls.map(({ name, args }, index) => ({
      id: `call_${index}`,
      type: 'function',
      function: { name, arguments: args },
    })),
  };
  const body = { choices: [{ index: 0, message, finish_reason: 'tool_calls' }] };
  const answer = chat.readAnswer(Buffer.from(JSON.stringify(body)));
  const outcome = inspectTexts(entries, 'output', answer.leaves, testEnv(), answer.toolCalls());
  const sent = JSON.parse(answer.withEdits(outcome.edits).toString()).choices[0].message;
  return {
    outcome,
    content: sent.content as string,
    calls: sent.tool_calls.map((one: { function: { name: string; arguments: string } }) => ({
      name: one.function.name,
      args: one.function.arguments,
    })) as Call[],
  };
}

const said = ({ entry, outcome, verdict, would_verdict, reason, findings }: EntryResult) => ({
  id: entry.id,
  outcome,
  verdict,
  would_verdict,
  reason,
  findings: findings.map((one) => JSON.stringify(one)).sort(),
});

const CALL = { name: 'weather', args: '{"city":"Zürich \\ud83d\\ude00","note":"a secret 😀","n":1234567}' };

describe('calls of tools in a stream', () => {
  const lines = [
    frame(chunkOf(0, { role: 'assistant', content: null })),
    frame(chunkOf(0, head(0, CALL))),
    ...['{"ci', 'ty":"Zü', 'rich \\ud8', '3d\\ude00","note":"a sec', 'ret 😀","n":12345', '67}'].map((args) =>
      frame(chunkOf(0, part(0, args))),
    ),
    frame(chunkOf(0, {}, 'tool_calls')),
    frame('[DONE]'),
  ];

  it('wait until they are complete, and leave as they came where nothing is found', () => {
    const { out, error, outcome } = streamed([fence({ denied: ['rm'] })], lines);
    expect(error).to.equal(null);
    expect(out.slice(1, -3)).to.deep.equal(Array(7).fill(''));
    expect(out.at(-3)).to.equal(lines.slice(1, -1).join(''));
    expect(out.join('')).to.equal(lines.join(''));
    expect(outcome.results[0]?.outcome).to.equal('no_findings');
  });

  it('are the same cut at each byte', () => {
    const all = lines.join('');
    const clean = [fence({ denied: ['rm'] })];
    expect(streamed(clean, bytesOneByOne(all)).sent).to.equal(all);
    const hiding = [fence({ hidden: ['secret', '1234567'] })];
    const once = streamed(hiding, [all]).sent;
    expect(folded(once).calls).to.deep.equal([
      { name: 'weather', args: '{"city":"Zürich \\ud83d\\ude00","note":"a [HIDDEN] 😀","n":"[HIDDEN]"}' },
    ]);
    expect(folded(once).calls).to.deep.equal(whole(hiding, [CALL], '').calls);
    for (let cut = 0; cut <= Buffer.byteLength(all); cut += 1) {
      const bytes = Buffer.from(all);
      expect(streamed(hiding, [bytes.subarray(0, cut), bytes.subarray(cut)]).sent, `cut at ${cut}`).to.equal(
        once,
      );
    }
  });

  it('end the stream before a byte of them where one is blocked', () => {
    for (const pieces of [lines, [lines.join('')], bytesOneByOne(lines.join(''))]) {
      const { sent, error, outcome } = streamed([fence({ denied: ['weather'] })], pieces);
      expect([error?.code, error?.policy]).to.deep.equal(['output_blocked', 'fence']);
      expect(sent).to.equal(lines[0]);
      expect(outcome.results[0]).to.deep.include({ verdict: 'block', reason: 'tool_fence.denied' });
    }
  });

  it('pass at once where an entry only observes or guides, which sees them all the same', () => {
    for (const mode of ['observe', 'guide'] as const) {
      const entries = [
        rewriting(tightScanner({ word: 'note', replacement: 'word' }), { id: 'tone' }),
        fence({ hidden: ['"word":"a secret'] }, { mode }),
      ];
      const { out, outcome, error } = streamed(entries, lines);
      expect(error).to.equal(null);
      expect(out[1]).to.not.equal('');
      expect(out[2]).to.not.equal('');
      expect([outcome.would, outcome.verdict]).to.deep.equal(['redact', 'allow']);
      expect(outcome.results.map(said)).to.deep.equal(whole(entries, [CALL], '').outcome.results.map(said));
    }
  });

  it('are judged by who observes without what another only observes, which runs once alone', () => {
    const seen: string[] = [];
    const { scan, ...bounds } = tightScanner({ word: 'note', replacement: 'word' });
    const counting: typeof bounds & { scan: typeof scan } = {
      ...bounds,
      scan(text, from, final, emit) {
        if (final) seen.push(text);
        return scan(text, from, final, emit);
      },
    };
    const judge = fence({ hidden: ['"word":"a secret'] }, { mode: 'observe' });
    const entries = [rewriting(counting, { id: 'tone', mode: 'observe' }), judge];
    const { outcome, error } = streamed(entries, lines);
    expect([error, outcome.would]).to.deep.equal([null, 'allow']);
    expect(outcome.results.map(({ outcome }) => outcome)).to.deep.equal(['findings', 'no_findings']);
    // Each text once, on its own way.
    expect(seen).to.have.length(new Set(seen).size);
  });

  it('refuse or pass where they could not be judged', () => {
    const closed = streamed([fence({ fails_on: 'secret' })], lines);
    expect([closed.error?.code, closed.sent]).to.deep.equal(['policy_error', lines[0]]);
    const open = streamed([fence({ fails_on: 'secret' }, { failMode: 'allow' })], lines);
    expect([open.error, open.sent, open.outcome.degraded]).to.deep.equal([null, lines.join(''), true]);
  });

  it('are not sent in part where the upstream dies within one', () => {
    for (const end of [3, 5, 8]) {
      const { sent, error, outcome } = streamed([fence({ denied: ['rm'] })], lines.slice(0, end));
      expect([error?.code, sent]).to.deep.equal(['upstream_interrupted', lines[0]]);
      expect(outcome.results[0]).to.deep.include({ outcome: 'not_run', reason: 'stream_unfinished' });
    }
  });

  it('are judged at the end marker where no finish comes, and in the chunk of the finish where they stand there', () => {
    const noFinish = [...lines.slice(0, 8), lines[9]!];
    expect(streamed([fence({ denied: ['rm'] })], noFinish).sent).to.equal(noFinish.join(''));
    expect(streamed([fence({ denied: ['weather'] })], noFinish).sent).to.equal(lines[0]);
    const together = [
      frame(chunkOf(0, { role: 'assistant', ...head(0, CALL, CALL.args) }, 'tool_calls')),
      frame('[DONE]'),
    ];
    expect(streamed([fence({ denied: ['rm'] })], together).sent).to.equal(together.join(''));
    expect(streamed([fence({ denied: ['weather'] })], together).sent).to.equal('');
  });

  it('leave as soon as the next begins, where their arguments are whole', () => {
    const two = [
      frame(chunkOf(0, head(0, { name: 'a', args: '' }, '{"x":'))),
      frame(chunkOf(0, part(0, '1}'))),
      frame(chunkOf(0, head(1, { name: 'b', args: '' }, '{}'))),
      frame(chunkOf(0, {}, 'tool_calls')),
    ];
    expect(streamed([fence({})], two).out.slice(0, 4)).to.deep.equal([
      '',
      '',
      two[0]! + two[1]!,
      two[2]! + two[3]!,
    ]);
    const blocked = streamed([fence({ denied: ['b'] })], two);
    expect([blocked.error?.code, blocked.sent]).to.deep.equal(['output_blocked', two[0]! + two[1]!]);
    const goesOn = [...two.slice(0, 3), frame(chunkOf(0, part(0, ',"y":2}')))];
    expect(streamed([fence({})], goesOn).error?.code).to.equal('upstream_invalid');
  });

  it('are judged in their order: a whole one waits while one before it is open', () => {
    const three = [
      frame(chunkOf(0, head(0, { name: 'a', args: '' }, '{"x":'))),
      frame(chunkOf(0, head(1, { name: 'b', args: '' }, '{}'))),
      frame(chunkOf(0, head(2, { name: 'c', args: '' }, '{}'))),
      frame(chunkOf(0, part(0, '1}'))),
      frame(chunkOf(0, {}, 'tool_calls')),
    ];
    expect(streamed([fence({})], three).out.slice(0, 5)).to.deep.equal(['', '', '', '', three.join('')]);
    const { error, sent, outcome } = streamed([fence({ denied: ['a', 'b'] })], three);
    expect([error?.code, sent]).to.deep.equal(['output_blocked', '']);
    expect(outcome.results[0]?.findings[0]?.field).to.equal('choices[0].message.tool_calls[0]');
  });

  it('may come by turns, with names in pieces, an identifier alone and no index', () => {
    const turns = [
      frame(chunkOf(0, { tool_calls: [{ index: 0, id: 'call_0', type: 'function' }] })),
      frame(
        chunkOf(0, {
          tool_calls: [
            { index: 0, function: { name: 'r' } },
            { index: 1, function: { name: 'l' } },
          ],
        }),
      ),
      frame(chunkOf(0, { tool_calls: [{ index: 1, function: { name: 's', arguments: '{' } }] })),
      frame(chunkOf(0, { tool_calls: [{ index: 0, function: { name: 'm', arguments: '{' } }] })),
      frame(
        chunkOf(0, {
          tool_calls: [
            { index: 1, function: { arguments: '}' } },
            { index: 0, function: { arguments: '}' } },
          ],
        }),
      ),
      frame(chunkOf(0, {}, 'tool_calls')),
    ];
    expect(streamed([fence({ denied: ['x'] })], turns).sent).to.equal(turns.join(''));
    for (const denied of ['rm', 'ls']) {
      const { error, sent } = streamed([fence({ denied: [denied] })], turns);
      expect([error?.code, sent]).to.deep.equal(['output_blocked', '']);
    }
    const unnumbered = ['one', 'two'].map((name) =>
      frame(
        chunkOf(0, {
          tool_calls: [{ id: `call_${name}`, type: 'function', function: { name, arguments: '{"a":1}' } }],
        }),
      ),
    );
    const strict = fence({ denied: ['two'], strict: true });
    const { error, sent, outcome } = streamed([strict], [...unnumbered, turns[5]!]);
    expect([error?.code, sent]).to.deep.equal(['output_blocked', unnumbered[0]]);
    expect(outcome.results[0]?.findings[0]?.field).to.equal('choices[0].message.tool_calls[1]');
  });

  it('are judged in the older form, as custom tools, as JSON of their own, and in a whole message of a chunk', () => {
    const forms: [string, object][] = [
      ['delta', { function_call: { name: 'rm', arguments: '{}' } }],
      ['delta', { tool_calls: [{ index: 0, type: 'custom', custom: { name: 'rm', input: 'x' } }] }],
      ['delta', { tool_calls: [{ index: 0, function: { name: 'rm', arguments: { a: 1 } } }] }],
      [
        'message',
        { role: 'assistant', tool_calls: [{ function: { name: 'rm', arguments: '{"a":"secret"}' } }] },
      ],
    ];
    for (const [key, message] of forms) {
      const chunk = {
        id: 'c',
        object: 'x',
        created: 1,
        model: 'm',
        choices: [{ index: 0, [key]: message, finish_reason: null }],
      };
      const pieces = [frame(chunk), frame(chunkOf(0, {}, 'tool_calls'))];
      const blocked = streamed([fence({ denied: ['rm'] })], pieces);
      expect([blocked.error?.code, blocked.sent]).to.deep.equal(['output_blocked', '']);
      expect(streamed([fence({ denied: ['ls'] })], pieces).sent).to.equal(pieces.join(''));
      const masked = streamed([fence({ hidden: ['secret'] })], pieces).sent;
      expect(masked.includes('secret')).to.equal(false);
    }
  });

  it('are two where one element has both forms, at once or in turns', () => {
    const one = (more: object): string => frame(chunkOf(0, { tool_calls: [{ index: 0, ...more }] }));
    const finish = frame(chunkOf(0, {}, 'tool_calls'));
    const func = { id: 'a', type: 'function', function: { name: 'rm', arguments: '{}' } };
    const ways = [
      [one({ ...func, custom: {} })],
      [one({ ...func, custom: { name: 'ls', input: 'x' } })],
      [
        one({ id: 'a', type: 'custom' }),
        one({ custom: { name: 'r', input: 'x' } }),
        one({ custom: { name: 'm' } }),
      ],
      [
        one({ id: 'a', custom: { name: 'ls' } }),
        one({ function: { name: 'rm' } }),
        one({ custom: { input: 'y' } }),
      ],
    ];
    for (const way of ways) {
      const blocked = streamed([fence({ denied: ['rm'] })], [...way, finish]);
      expect([blocked.error?.code, blocked.sent]).to.deep.equal(['output_blocked', '']);
      expect(streamed([fence({ denied: ['cat'] })], [...way, finish]).sent).to.equal(
        [...way, finish].join(''),
      );
    }
  });

  it('let the text beside them go on, which keeps its order in frames that have both', () => {
    const text = (index: number): string => frame(chunkOf(0, { content: `t${index} ` }));
    const both = frame(chunkOf(0, { content: 'both ', ...part(0, '"') }));
    const pieces = [
      lines[0]!,
      frame(chunkOf(0, head(0, CALL, '{"a":'))),
      ...Array.from({ length: 20 }, (_, i) => text(i)),
    ];
    const going = streamed([fence({})], pieces);
    expect(folded(going.sent).content).to.match(/^t0 t1 .*t19 $/);
    expect(folded(going.sent).calls).to.deep.equal([]);
    const rest = [both, text(20), frame(chunkOf(0, part(0, 'x"}'))), lines[8]!, lines[9]!];
    const { sent, error } = streamed([fence({})], [...pieces, ...rest]);
    expect(error).to.equal(null);
    expect(folded(sent).content).to.match(/t19 both t20 $/);
    expect(folded(sent).calls).to.deep.equal([{ name: 'weather', args: '{"a":"x"}' }]);
  });

  it('leave in the order in which they came, also where text has passed them', () => {
    const turns = [0, 1, 0, 1, 1, 0].map((index, at) =>
      frame(chunkOf(0, at < 2 ? head(index, CALL, '{') : part(index, at < 4 ? '"a":1' : '}'))),
    );
    const beside = Array.from({ length: 30 }, (_, index) => frame(chunkOf(0, { content: `t${index} ` })));
    const { out, error } = streamed([fence({})], [...turns, ...beside, lines[8]!, lines[9]!]);
    expect(error).to.equal(null);
    expect(out.slice(0, -3).join('')).to.equal(beside.join(''));
    expect(out.at(-3)).to.equal(turns.join('') + lines[8]!);
  });

  it('that are too large to wait could not be judged; where that lets them pass, their texts are still looked at', () => {
    const long = [
      lines[1]!,
      ...Array.from({ length: 40 }, () => frame(chunkOf(0, part(0, 'x a secret ')))),
      lines[8]!,
      lines[9]!,
    ];
    const text = inspecting('redact', tightScanner({ word: 'secret', replacement: '[TEXT]' }), {
      id: 'text',
    });
    const more = { maxHeldBytes: 6000 };
    const closed = streamed([fence({}), text], long, more);
    expect([closed.error?.code, closed.sent]).to.deep.equal(['policy_error', '']);
    const open = streamed([fence({}, { failMode: 'allow' }), text], long, more);
    expect(open.error).to.equal(null);
    expect(folded(open.sent).calls).to.deep.equal([{ name: 'weather', args: 'x a [TEXT] '.repeat(40) }]);
    expect(open.outcome.results[0]?.outcome).to.equal('error');
    expect(open.outcome.degraded).to.equal(true);
  });

  it('wait on where another that has a part in the same chunk is let go', () => {
    const both = {
      tool_calls: [
        { index: 0, function: { arguments: 'secret"}' } },
        { index: 1, function: { arguments: 'a secret '.repeat(140) } },
      ],
    };
    const pieces = [
      frame(chunkOf(0, head(0, CALL, '{"a":"'))),
      frame(chunkOf(0, head(1, CALL))),
      frame(chunkOf(0, both)),
      lines[8]!,
      lines[9]!,
    ];
    const text = inspecting('redact', tightScanner({ word: 'secret', replacement: '[TEXT]' }), {
      id: 'text',
    });
    const entries = [fence({ hidden: ['a'] }, { failMode: 'allow' }), text];
    const { sent, error, outcome } = streamed(entries, pieces, { maxHeldBytes: 6000 });
    expect(error).to.equal(null);
    expect(folded(sent).calls).to.deep.equal([
      { name: 'weather', args: '{"[HIDDEN]":"[TEXT]"}' },
      { name: 'weather', args: 'a [TEXT] '.repeat(140) },
    ]);
    expect(outcome.results.map((one) => one.outcome)).to.deep.equal(['error', 'findings']);
  });

  it('that are one too many could not be judged either', () => {
    const many = Array.from({ length: 1_026 }, (_, index) => frame(chunkOf(0, head(index, CALL, '{}'))));
    const pieces = [[...many, lines[8]!, lines[9]!].join('')];
    const closed = streamed([fence({})], pieces);
    expect([closed.error?.code, folded(closed.sent).calls.length]).to.deep.equal(['policy_error', 1_023]);
    for (const options of [{ failMode: 'allow' }, { mode: 'observe' }] as const) {
      const open = streamed([fence({}, options)], pieces);
      expect([open.error, open.sent, open.outcome.degraded]).to.deep.equal([null, pieces[0], true]);
    }
  });

  it('that go on after the finish are refused where they waited, and one of their own for who only watches', () => {
    const late = [...lines.slice(0, -1), frame(chunkOf(0, part(0, ',"secret":1}'))), lines.at(-1)!];
    const entry = (mode: 'enforce' | 'observe') => fence({ hidden: ['secret":1'] }, { mode });
    expect(streamed([entry('enforce')], late).error?.code).to.equal('upstream_invalid');
    const watched = streamed([entry('observe')], late);
    expect([watched.error, watched.sent, watched.outcome.would]).to.deep.equal([
      null,
      late.join(''),
      'redact',
    ]);
  });

  it('come to what they come to in a whole answer, however they are cut and mixed', () => {
    const words = fc.constantFrom(
      'secret',
      'a',
      ' ',
      'top secret',
      '😀',
      'é',
      '"',
      '\\',
      '\n',
      'bird',
      '1234567',
      'boom',
    );
    const value = fc.oneof(
      fc.array(words, { maxLength: 4 }).map((list) => list.join('')),
      fc.constantFrom(1234567, 12, true, null),
    );
    const json = fc
      .tuple(
        fc.dictionary(fc.constantFrom('k', 'secret', 'note'), value),
        fc.constantFrom(0, 1),
        fc.boolean(),
      )
      .map(([object, indent, escaped]) => {
        const text = JSON.stringify(object, null, indent);
        return escaped
          ? text.replace(
              /[^\x20-\x7e\n]/g,
              (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
            )
          : text;
      });
    const args = fc.oneof(
      { weight: 4, arbitrary: json },
      { weight: 1, arbitrary: fc.array(words).map((list) => list.join('')) },
    );
    const calls = fc.array(fc.record({ name: fc.constantFrom('ls', 'rm', 'pay', 'bird'), args }), {
      minLength: 1,
      maxLength: 3,
    });
    const mode = fc.constantFrom(
      'enforce',
      'enforce',
      'enforce',
      'guide',
      'observe',
    ) as fc.Arbitrary<'enforce'>;
    const options = fc.record({
      mode,
      failMode: fc.constantFrom('allow', 'block') as fc.Arbitrary<'allow' | 'block'>,
    });
    const entry = fc.oneof(
      options.map((one) => fence({ denied: ['rm'] }, one)),
      options.map((one) => fence({ hidden: ['secret', '1234567', 'bird'] }, one)),
      options.map((one) => fence({ escalated: 'pay', strict: true }, one)),
      options.map((one) => fence({ fails_on: 'boom', hidden: ['a'] }, one)),
      options.map((one) =>
        inspecting('redact', tightScanner({ word: 'top secret', replacement: '[TEXT]' }), one),
      ),
      options.map((one) => inspecting('block', tightScanner({ word: 'boombird' }), one)),
      options.map((one) => inspecting('redact', wholeScanner(/secret.*/g, 'w', '[W]'), one)),
      options.map((one) => rewriting(tightScanner({ word: 'bird', replacement: 'a "secret"' }), one)),
      options.map((one) => rewriting(tightScanner({ word: '12', replacement: 'twelve' }), one)),
    );
    const chain = fc.array(entry, { minLength: 1, maxLength: 4 }).map((list) =>
      list.map((one, index) => ({
        ...one,
        entry: { ...one.entry, id: `e${index}`, source: { ...one.entry.source, index } },
      })),
    );
    const rolls = fc.infiniteStream(fc.nat(999));
    fc.assert(
      fc.property(
        chain,
        calls,
        rolls,
        fc.boolean(),
        fc.boolean(),
        (entries, list, dice, byTurns, perByte) => {
          const roll = (below: number): number => dice.next().value! % below;
          const queues = list.map((call, index) => {
            const frames = [frame(chunkOf(0, head(index, call)))];
            for (let rest = call.args; rest !== ''; ) {
              const piece = rest.slice(0, 1 + roll(6));
              rest = rest.slice(piece.length);
              frames.push(frame(chunkOf(0, part(index, piece))));
            }
            return frames;
          });
          const frames = [frame(chunkOf(0, { role: 'assistant' }))];
          const begun = new Set<string[]>();
          for (let open = queues; open.length > 0; open = open.filter((queue) => queue.length > 0)) {
            // Calls begin in their order, whatever they do afterwards.
            const next = open.findIndex((queue) => !begun.has(queue));
            const chosen = open[byTurns ? roll(next === -1 ? open.length : next + 1) : 0]!;
            begun.add(chosen);
            frames.push(chosen.shift()!);
          }
          frames.push(frame(chunkOf(0, {}, 'tool_calls')), frame('[DONE]'));
          const { sent, error, outcome } = streamed(
            entries,
            perByte ? bytesOneByOne(frames.join('')) : frames,
          );
          const expected = whole(entries, list, '');
          // A stream ends at the first call that could not be judged, where a later one would have been blocked.
          const early = error?.code === 'policy_error' && expected.outcome.error !== null;
          if (!early) expect(error?.code).to.equal(expected.outcome.error?.code);
          if (error !== null) return;
          // Texts that leave piece by piece keep their escapes; in a whole answer a string is written anew.
          const exact = entries.some(
            (one) => one.policy.inspectToolCall !== undefined && one.entry.mode === 'enforce',
          );
          const read = ({ name, args: text }: Call) => ({
            name,
            args: exact || text === '' ? text : innerStrings(text).map((string) => string.value),
          });
          expect(folded(sent).calls.map(read)).to.deep.equal(expected.calls.map(read));
          expect([outcome.verdict, outcome.would, outcome.degraded]).to.deep.equal([
            expected.outcome.verdict,
            expected.outcome.would,
            expected.outcome.degraded,
          ]);
          const results = (one: typeof outcome) =>
            one.results.map(said).filter((line) => line.outcome !== 'not_run');
          expect(results(outcome)).to.deep.equal(results(expected.outcome));
        },
      ),
      { numRuns: 200 },
    );
  }).timeout(60_000);
});
