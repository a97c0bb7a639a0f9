import { expect } from 'chai';
import type { CompiledEntry } from '../../../gateway/config/plan.ts';
import type { FailMode } from '../../../gateway/contract/document.ts';
import { chat } from '../../../gateway/dialects/chat/dialect.ts';
import { inspectTexts } from '../../../gateway/pipeline/entries.ts';
import type { ToolCallFacts } from '../../../gateway/policies/kind.ts';
import { entryOf, inspecting, rewriting, testEnv, tightScanner } from './fixtures.ts';
import { fence } from './tool-fence.ts';

const call = (name: string, args: unknown, more: object = {}): object => ({
  id: `call_${name}`,
  type: 'function',
  function: { name, arguments: args },
  ...more,
});

function answerWith(message: object): Buffer {
  const choice = {
    index: 0,
    message: { role: 'assistant', content: null, ...message },
    finish_reason: 'tool_calls',
  };
  return Buffer.from(
    JSON.stringify({ id: 'a', object: 'chat.completion', created: 1, model: 'm', choices: [choice] }),
  );
}

/** What the entries come to over the calls of an answer, and the arguments that are sent. */
function judged(entries: readonly CompiledEntry[], message: object, failMode: FailMode = 'block') {
  const answer = chat.readAnswer(answerWith(message));
  const outcome = inspectTexts(entries, 'output', answer.leaves, testEnv(failMode), answer.toolCalls());
  const sent = JSON.parse(answer.withEdits(outcome.edits).toString()).choices[0].message;
  return {
    ...outcome,
    sent,
    args: (sent.tool_calls ?? []).map((one: ReturnType<typeof JSON.parse>) => one.function?.arguments),
  };
}

/** What a hook is shown of the calls. */
function shown(message: object, others: readonly CompiledEntry[] = []): ToolCallFacts[] {
  const seen: ToolCallFacts[] = [];
  const spy = entryOf({
    inspectToolCall: {
      phases: ['output'],
      inspect(facts) {
        seen.push(facts);
        return null;
      },
    },
  });
  judged([...others, spy], message);
  return seen;
}

describe('calls of tools in a whole answer', () => {
  it('are shown with their name, id, place, text, and value where that is JSON', () => {
    const [first, second] = shown({
      tool_calls: [call('weather', '{"city":"Z\\u00fcrich"}'), call('raw', 'not json')],
      function_call: { name: 'old', arguments: '{}' },
    });
    expect(first).to.include({
      phase: 'output',
      path: 'choices[0].message.tool_calls[0]',
      owner: 0,
      index: 0,
      id: 'call_weather',
      name: 'weather',
      arguments: '{"city":"Z\\u00fcrich"}',
    });
    expect(first?.json).to.deep.equal({ value: { city: 'Zürich' } });
    expect([second?.name, second?.index, second?.arguments, second?.json]).to.deep.equal([
      'raw',
      1,
      'not json',
      null,
    ]);
  });

  it('are shown whatever form they have: of the older API, custom tools, arguments that are no text, none at all', () => {
    const [bare, custom, none, old] = shown({
      tool_calls: [
        call('bare', { city: 'Bern' }),
        { id: 'call_c', type: 'custom', custom: { name: 'sql', input: 'SELECT 1' } },
        { id: 'call_n', type: 'function' },
      ],
      function_call: { name: 'old', arguments: '{"a":1}' },
    });
    expect([bare?.arguments, bare?.json?.value]).to.deep.equal(['{"city":"Bern"}', { city: 'Bern' }]);
    expect([custom?.name, custom?.arguments, custom?.json]).to.deep.equal(['sql', 'SELECT 1', null]);
    expect([none?.name, none?.arguments, none?.json]).to.deep.equal(['', '', null]);
    expect([old?.path, old?.id, old?.json?.value]).to.deep.equal([
      'choices[0].message.function_call',
      null,
      { a: 1 },
    ]);
  });

  it('are two where one element has both forms, since readers differ in which they look at', () => {
    const both = { ...call('rm', '{"p":"x"}'), custom: { name: 'ls', input: 'y' } };
    const seen = shown({ tool_calls: [both] });
    expect(seen.map(({ name, arguments: args }) => [name, args])).to.deep.equal([
      ['rm', '{"p":"x"}'],
      ['ls', 'y'],
    ]);
    expect(judged([fence({ denied: ['rm'] })], { tool_calls: [both] }).error?.code).to.equal(
      'output_blocked',
    );
    const empty = { ...call('rm', '{}'), custom: {} };
    expect(judged([fence({ denied: ['rm'] })], { tool_calls: [empty] }).error?.code).to.equal(
      'output_blocked',
    );
  });

  it('do not count as JSON where readers would read different values: one key twice', () => {
    expect(shown({ tool_calls: [call('sh', '{"cmd":"ls","cmd":"rm"}')] })[0]?.json).to.equal(null);
  });

  it('are judged as the rewriters left them', () => {
    const rewriter = rewriting(tightScanner({ word: 'bird', replacement: 'say "hi"' }), { id: 'tone' });
    const [facts] = shown({ tool_calls: [call('bird', '{"a":"a bird","n":12}')] }, [rewriter]);
    expect([facts?.name, facts?.arguments]).to.deep.equal(['say "hi"', '{"a":"a say \\"hi\\"","n":12}']);
  });

  it('block, with the reason and the place of the call', () => {
    const { error, verdict, results } = judged([fence({ denied: ['rm'] })], {
      tool_calls: [call('ls', '{}'), call('rm', '{}')],
    });
    expect([error?.code, error?.policy, verdict]).to.deep.equal(['output_blocked', 'fence', 'block']);
    expect(error?.message).to.include('tool_fence.denied').and.to.include('The tool rm is not allowed.');
    expect(results[0]).to.deep.include({
      outcome: 'findings',
      verdict: 'block',
      reason: 'tool_fence.denied',
    });
    expect(results[0]?.findings).to.deep.equal([
      { type: 'tool_fence.denied', field: 'choices[0].message.tool_calls[1]', offset: 0, length: 0 },
    ]);
  });

  it('block where an approval is asked for, which nobody can give', () => {
    const { error, results } = judged([fence({ escalated: 'pay' })], { tool_calls: [call('pay', '{}')] });
    expect([error?.code, results[0]?.reason]).to.deep.equal([
      'output_blocked',
      'tool_fence.asks.approval_unavailable',
    ]);
  });

  it('are masked inside strings, keys and numbers, so that JSON stays JSON', () => {
    const hidden = ['secret', '1234567', 'a":"b', '\\u0041'];
    const { args, results } = judged([fence({ hidden })], {
      tool_calls: [
        call('f', '{"k":"my secret","secret":1234567,"x":[true]}'),
        call('g', '{"a":"b c"}'),
        call('h', '{"k":"1\\u0041\\n2"}'),
        call('plain', 'a secret plan'),
      ],
    });
    expect(args).to.deep.equal([
      '{"k":"my [HIDDEN]","[HIDDEN]":"[HIDDEN]","x":[true]}',
      '{"[HIDDEN]":"[HIDDEN] c"}',
      '{"k":"1[HIDDEN]\\n2"}',
      'a [HIDDEN] plan',
    ]);
    expect(results[0]).to.deep.include({ verdict: 'redact', reason: 'tool_fence.hidden' });
    expect(results[0]?.findings[0]).to.deep.equal({
      type: 'hidden',
      field: 'choices[0].message.tool_calls[0].function.arguments{1}',
      offset: 3,
      length: 6,
    });
  });

  it('are masked together with what entries find in their texts: an overlap once, with the marker of the first', () => {
    const text = inspecting(
      'redact',
      tightScanner({ word: 'top secret', replacement: '[TEXT]', type: 'x' }),
      { id: 'text' },
    );
    const message = { tool_calls: [call('f', '{"a":"a top secret thing"}')] };
    const inOrder = judged([text, fence({ hidden: ['secret thing'] })], message);
    expect(inOrder.args).to.deep.equal(['{"a":"a [TEXT]"}']);
    const turned = judged([fence({ hidden: ['secret thing'] }), text], message);
    expect(turned.args).to.deep.equal(['{"a":"a [HIDDEN]"}']);
  });

  it('are only noted by an entry that observes or guides', () => {
    for (const mode of ['observe', 'guide'] as const) {
      const message = { tool_calls: [call('rm', '{"a":"secret"}')] };
      const blocked = judged([fence({ denied: ['rm'] }, { mode })], message);
      expect([blocked.error, blocked.would, blocked.verdict]).to.deep.equal([null, 'block', 'allow']);
      expect(blocked.warnings.length).to.equal(mode === 'guide' ? 1 : 0);
      const masked = judged([fence({ hidden: ['secret'] }, { mode })], message);
      expect([masked.would, masked.args]).to.deep.equal(['redact', ['{"a":"secret"}']]);
    }
  });

  it('that could not be judged refuse or pass, as the entry says', () => {
    const message = { tool_calls: [call('f', '{"a":"boom"}')] };
    const closed = judged([fence({ fails_on: 'boom' })], message);
    expect([closed.error?.code, closed.results[0]?.outcome]).to.deep.equal(['policy_error', 'error']);
    const open = judged([fence({ fails_on: 'boom' }, { failMode: 'allow' })], message);
    expect([open.error, open.degraded, open.results[0]?.reason]).to.deep.equal([null, true, 'could_not_run']);
    const watched = judged([fence({ fails_on: 'boom' }, { mode: 'observe' })], message);
    expect(watched.error).to.equal(null);
  });

  it('could not be judged where a mask would cover nothing that can be masked, or the arguments are too long', () => {
    const structure = judged([fence({ hidden: ['true'] })], { tool_calls: [call('f', '{"a":true}')] });
    expect(structure.error?.code).to.equal('policy_error');
    const bare = judged([fence({ hidden: ['Bern'] })], { tool_calls: [call('f', { city: 'Bern' })] });
    expect(bare.error?.code).to.equal('policy_error');
    const long = judged([fence({ hidden: ['x'] })], { tool_calls: [call('f', `"${'a'.repeat(2 ** 20)}"`)] });
    expect(long.error?.code).to.equal('policy_error');
  });

  it('leave an entry idle where there are none, and what comes after a block not run', () => {
    expect(judged([fence({})], { content: 'hi' }).results).to.deep.equal([]);
    const { results } = judged([fence({ denied: ['rm'] }), fence({}, { id: 'later' })], {
      tool_calls: [call('rm', '{}')],
    });
    expect(results.map(({ outcome, reason }) => [outcome, reason])).to.deep.equal([
      ['findings', 'tool_fence.denied'],
      ['not_run', 'blocked_earlier'],
    ]);
  });
});

describe('calls of tools in the history of a request', () => {
  const messages = [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: null, tool_calls: [call('rm', '{"p":"secret"}')] },
    { role: 'tool', tool_call_id: 'call_rm', content: 'done' },
  ];
  const run = (entries: readonly CompiledEntry[]) => {
    const request = chat.readRequest(Buffer.from(JSON.stringify({ model: 'm', messages })));
    const outcome = inspectTexts(entries, 'input', request.leaves, testEnv(), request.toolCalls());
    return { ...outcome, body: request.withEdits(outcome.edits, {}).body.toString() };
  };

  it('are judged by an entry that asks for them', () => {
    expect(run([fence({ denied: ['rm'], phases: ['input'] })]).error?.code).to.equal('input_blocked');
    const { body, results } = run([fence({ hidden: ['secret'], phases: ['input', 'output'] })]);
    expect(body).to.include('{\\"p\\":\\"[HIDDEN]\\"}');
    expect(results[0]?.findings[0]?.field).to.equal('messages[1].tool_calls[0].function.arguments{1}');
  });

  it('are not judged by one that asks for those of answers', () => {
    const { error, results } = run([fence({ denied: ['rm'] })]);
    expect([error, results]).to.deep.equal([null, []]);
  });
});
