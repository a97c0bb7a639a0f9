import { expect } from 'chai';
import OpenAI from 'openai';
import type { CompiledEntry } from '../../gateway/config/plan.ts';
import { TestGateway } from '../fakes/gateway.ts';
import { entryOf, termHook } from '../fakes/plan.ts';
import { chunk, completion, DONE, FakeUpstream, json, reset, type Script, sse } from '../fakes/upstream.ts';
import { fence } from '../gateway/pipeline/tool-fence.ts';

const CALLS = [
  { id: 'call_1', name: 'weather', args: '{"city":"Zürich","note":"a secret \\ud83d\\ude00"}' },
  { id: 'call_2', name: 'search', args: '{"q":"top secret 536-90-4399"}' },
];
const MODEL = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'hi' }] };

const whole = json(
  200,
  completion('', {
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: CALLS.map(({ id, name, args }) => ({
            id,
            type: 'function',
            function: { name, arguments: args },
          })),
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ],
  }),
);

/** The same, with the arguments in pieces of this length. */
function frames(length: number): string[] {
  const calls = CALLS.flatMap(({ id, name, args }, index) => {
    const pieces = args.match(new RegExp(`[^]{1,${length}}`, 'g')) ?? [];
    const head = { index, id, type: 'function', function: { name, arguments: '' } };
    return [head, ...pieces.map((piece) => ({ index, function: { arguments: piece } }))];
  });
  return [
    chunk({ role: 'assistant', content: null }),
    ...calls.map((call) => chunk({ tool_calls: [call] })),
    chunk({}, 'tool_calls'),
    DONE,
  ];
}

describe('whole tool calls on the way of an answer', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  async function setUp(entries: readonly CompiledEntry[], script: Script) {
    const upstream = await FakeUpstream.start(script);
    const gateway = await TestGateway.start({
      targets: [
        {
          id: 'fake',
          provider: 'openai',
          base_url: upstream.url,
          models: [{ name: 'gpt-4o-mini' }],
        },
      ],
      entries,
    });
    open.push(upstream, gateway);
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'sk-of-the-caller', maxRetries: 0 });
    return { upstream, gateway, client };
  }
  const ssn = entryOf(
    { inspectText: termHook('536-90-4399', 'redact', { replacement: '[SSN]', type: 'ssn' }) },
    { id: 'pii' },
  );
  const called = (choices: OpenAI.ChatCompletion.Choice[]) =>
    (choices[0]?.message.tool_calls ?? []).map((call) =>
      call.type === 'function' ? [call.id, call.function.name, call.function.arguments] : [],
    );

  it('the official openai package gets them intact, whole and streamed, and its helper tells each as done once', async () => {
    for (const length of [1, 5, 1000]) {
      const { client, gateway } = await setUp([fence({ denied: ['rm'] }), ssn], sse(frames(length)));
      const runner = client.chat.completions.stream(MODEL);
      const done: string[] = [];
      runner.on('tool_calls.function.arguments.done', (call) => done.push(`${call.index} ${call.name}`));
      const final = await runner.finalChatCompletion();
      expect(called(final.choices)).to.deep.equal([
        ['call_1', 'weather', CALLS[0]!.args],
        ['call_2', 'search', CALLS[1]!.args.replace('536-90-4399', '[SSN]')],
      ]);
      expect(done).to.deep.equal(['0 weather', '1 search']);
      const event = await gateway.lastEvent();
      expect(event.verdict).to.equal('redact');
      expect(event.entries.find(({ id }) => id === 'fence')?.phases).to.deep.include({
        phase: 'output',
        outcome: 'no_findings',
        verdict: 'allow',
        us: event.entries.find(({ id }) => id === 'fence')?.phases[0]?.us,
      });
    }
  });

  it('are masked alike, whole and streamed, with the same findings recorded', async () => {
    const entries = [fence({ hidden: ['top secret 536', 'secret'] }), ssn];
    const one = await setUp(entries, whole);
    const answer = await one.client.chat.completions.create(MODEL);
    const two = await setUp(entries, sse(frames(3)));
    const streamed = await two.client.chat.completions.stream(MODEL).finalChatCompletion();
    expect(called(answer.choices)).to.deep.equal([
      ['call_1', 'weather', '{"city":"Zürich","note":"a [HIDDEN] 😀"}'],
      ['call_2', 'search', '{"q":"[HIDDEN]"}'],
    ]);
    expect(called(streamed.choices)).to.deep.equal(called(answer.choices));
    const [first, second] = [await one.gateway.lastEvent(), await two.gateway.lastEvent()];
    const said = (event: typeof first) =>
      event.entries.map(({ id, phases }) => [id, phases.map(({ us: _, ...phase }) => phase)]);
    expect(said(second)).to.deep.equal(said(first));
    expect(first.verdict).to.equal('redact');
    for (const { coverage } of [first, second]) expect(coverage.response_bytes_scanned).to.be.greaterThan(50);
  });

  it('refuse the answer, whole: 403 with the entry and the reason', async () => {
    const { gateway } = await setUp([fence({ denied: ['search'] })], whole);
    const answer = await gateway.chat(MODEL);
    expect(answer.status).to.equal(403);
    const { error } = (await answer.json()) as { error: Record<string, unknown> };
    expect(error).to.include({ type: 'policy_violation', code: 'output_blocked', policy: 'fence' });
    expect(await gateway.lastEvent()).to.include({
      verdict: 'block',
      reason: 'tool_fence.denied',
      policy: 'fence',
    });
  });

  it('end a stream with the error and no byte of the call; what left before was judged', async () => {
    const { gateway } = await setUp([fence({ denied: ['search'] })], sse(frames(4)));
    const body = await (await gateway.chat({ ...MODEL, stream: true })).text();
    expect(body)
      .to.include('"id":"call_1"')
      .and.to.not.include('call_2')
      .and.to.not.include('"name":"search"');
    expect(body).to.not.include('[DONE]').and.to.not.include('"finish_reason":"tool_calls"');
    const { error } = JSON.parse(body.trimEnd().split('\n').at(-1)!.slice('data: '.length));
    expect(error).to.include({ code: 'output_blocked', policy: 'fence' });
    const event = await gateway.lastEvent();
    expect(event).to.include({ status: 200, verdict: 'block', reason: 'tool_fence.denied', policy: 'fence' });
    expect(event.entries[0]?.phases[0]?.findings?.[0]?.field).to.equal('choices[0].message.tool_calls[1]');
  });

  it('are told in the warning header by an entry that guides, of a whole answer, and delay no stream', async () => {
    const guide = fence({ denied: ['search'] }, { mode: 'guide' });
    const one = await setUp([guide], whole);
    const answer = await one.gateway.chat(MODEL);
    expect([
      answer.status,
      answer.headers.get('x-keeptrusts-warning')?.includes('tool_fence.denied'),
    ]).to.deep.equal([200, true]);
    const two = await setUp([guide], sse(frames(4)));
    const body = await (await two.gateway.chat({ ...MODEL, stream: true })).text();
    expect(body).to.equal(frames(4).join(''));
    for (const { gateway } of [one, two]) {
      expect(await gateway.lastEvent()).to.include({
        verdict: 'allow',
        would_verdict: 'block',
        mode: 'guide',
      });
    }
  });

  it('that could not be judged: 503, an ended stream, or passed and degraded, as the entry says', async () => {
    const closed = await setUp([fence({ fails_on: 'top' })], whole);
    expect((await closed.gateway.chat(MODEL)).status).to.equal(503);
    expect(await closed.gateway.lastEvent()).to.include({
      verdict: null,
      reason: 'policy_error',
      policy: 'fence',
    });
    const ended = await setUp([fence({ fails_on: 'top' })], sse(frames(4)));
    const body = await (await ended.gateway.chat({ ...MODEL, stream: true })).text();
    expect(body).to.include('policy_error').and.to.not.include('call_2');
    const passing = await setUp([fence({ fails_on: 'top' }, { failMode: 'allow' })], sse(frames(4)));
    expect(await (await passing.gateway.chat({ ...MODEL, stream: true })).text()).to.equal(
      frames(4).join(''),
    );
    expect(await passing.gateway.lastEvent()).to.include({ status: 200, verdict: 'allow', degraded: true });
  });

  it('are not sent in part where the provider dies within one, and the entry says that it did not run', async () => {
    const { gateway } = await setUp([fence({ denied: ['rm'] })], reset(frames(4).slice(0, 5)));
    const body = await (await gateway.chat({ ...MODEL, stream: true })).text();
    expect(body).to.not.include('call_1').and.to.not.include('weather');
    const event = await gateway.lastEvent();
    expect(event.error?.code).to.match(/^upstream_/);
    expect(event.entries[0]?.phases).to.deep.equal([
      { phase: 'output', outcome: 'not_run', verdict: null, reason: 'stream_unfinished' },
    ]);
  });

  it('of the history are judged where an entry asks for them, before anything leaves', async () => {
    const { gateway, upstream } = await setUp([fence({ denied: ['rm'], phases: ['input'] })], whole);
    const history = (name: string): object => ({
      ...MODEL,
      messages: [
        ...MODEL.messages,
        {
          role: 'assistant',
          tool_calls: [{ id: 'c', type: 'function', function: { name, arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: 'done' },
      ],
    });
    const refused = await gateway.chat(history('rm'));
    expect(refused.status).to.equal(403);
    expect(((await refused.json()) as { error: { code: string } }).error.code).to.equal('input_blocked');
    expect(upstream.requests).to.have.length(0);
    expect((await gateway.chat(history('ls'))).status).to.equal(200);
    const { entries } = await gateway.lastEvent();
    expect(entries[0]?.phases.map(({ phase, outcome }) => [phase, outcome])).to.deep.equal([
      ['input', 'no_findings'],
    ]);
  });

  it('leave an entry without any idle, in a stream as in a whole answer', async () => {
    const reasons = await Promise.all(
      [json(200, completion('hi')), sse([chunk({ content: 'hi' }), chunk({}, 'stop'), DONE])].map(
        async (script, index) => {
          const { gateway } = await setUp([fence({})], script);
          await (await gateway.chat({ ...MODEL, stream: index === 1 })).text();
          return (await gateway.lastEvent()).entries[0]?.phases;
        },
      ),
    );
    expect(reasons[0]).to.deep.equal([
      { phase: 'input', outcome: 'not_run', verdict: null, reason: 'nothing_to_inspect' },
    ]);
    expect(reasons[1]).to.deep.equal(reasons[0]);
  });
});
