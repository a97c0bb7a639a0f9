import { expect } from 'chai';
import type { CompiledEntry } from '../../gateway/config/plan.ts';
import type { CompiledPolicy } from '../../gateway/policies/kind.ts';
import { ask, TestGateway, type TestGatewayOptions } from '../fakes/gateway.ts';
import { entryOf, termHook } from '../fakes/plan.ts';
import { chunk, completion, FakeUpstream, json, type Script, textStream } from '../fakes/upstream.ts';

const SSN = '123-45-6789';

describe('policies on the way of a request', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  async function setUp(
    entries: CompiledEntry[],
    script: Script = json(200, completion('hello')),
    more: TestGatewayOptions = {},
  ): Promise<{ upstream: FakeUpstream; gateway: TestGateway }> {
    const upstream = await FakeUpstream.start(script);
    const gateway = await TestGateway.start({
      targets: [{ id: 'fake', provider: 'openai', base_url: upstream.url }],
      entries,
      ...more,
    });
    open.push(upstream, gateway);
    return { upstream, gateway };
  }
  const block = (phase: 'input' | 'output'): CompiledEntry =>
    entryOf({ inspectText: termHook('Project Falcon', 'block', { phase }) }, { id: 'no-falcon' });
  const mask = (
    phase: 'input' | 'output',
    mode: 'observe' | 'guide' | 'enforce' = 'enforce',
  ): CompiledEntry =>
    entryOf(
      { inspectText: termHook(SSN, 'redact', { phase, replacement: '[SSN]', type: 'ssn' }) },
      { id: 'pii', kind: 'pii-detector', mode },
    );

  it('check 12: a blocked request is answered 403 policy_violation input_blocked, and nothing leaves', async () => {
    const { upstream, gateway } = await setUp([block('input')]);
    const answer = await gateway.chat(ask('tell me of Project Falcon'), {
      headers: { 'x-request-id': 'mine-1' },
    });
    expect(answer.status).to.equal(403);
    const { error } = (await answer.json()) as { error: Record<string, unknown> };
    const eventId = answer.headers.get('x-keeptrusts-event-id');
    expect(error).to.deep.include({
      type: 'policy_violation',
      code: 'input_blocked',
      policy: 'no-falcon',
      request_id: 'mine-1',
      event_id: eventId,
    });
    expect(answer.headers.get('x-keeptrusts-decision')).to.equal('block');
    expect(answer.headers.get('x-should-retry')).to.equal('false');
    expect(answer.headers.get('x-request-id')).to.equal('mine-1');
    expect(upstream.requests).to.have.length(0);
    const event = await gateway.lastEvent();
    expect(event).to.include({
      id: eventId,
      status: 403,
      verdict: 'block',
      policy: 'no-falcon',
      request_id: 'mine-1',
    });
    expect(JSON.stringify(event)).not.to.include('Falcon');
  });

  it('block_status: 409 gives the number of Keeptrusts’ documents', async () => {
    const entry = block('input');
    const { gateway } = await setUp([{ ...entry, entry: { ...entry.entry, block_status: 409 } }]);
    expect((await gateway.chat(ask('Project Falcon'))).status).to.equal(409);
  });

  it('check 13: a blocked answer is answered 403 output_blocked', async () => {
    const { gateway } = await setUp([block('output')], json(200, completion('It is Project Falcon.')));
    const answer = await gateway.chat(ask('what is it?'));
    expect(answer.status).to.equal(403);
    const text = await answer.text();
    expect(text).to.include('"code":"output_blocked"').and.not.include('Falcon.');
    const event = await gateway.lastEvent();
    expect(event).to.include({ verdict: 'block', status: 403, policy: 'no-falcon' });
    expect(event.usage).to.include({ input: 10, output: 5 });
  });

  it('a block in a stream: no byte of the match, an error frame, no end marker', async () => {
    const { gateway } = await setUp(
      [block('output')],
      textStream(['It is ', 'Proj', 'ect Fal', 'con', ' and more']),
    );
    const answer = await gateway.chat(ask('what is it?', { stream: true }));
    const text = await answer.text();
    expect(answer.status).to.equal(200);
    expect(text).to.include('It is ').and.include('"code":"output_blocked"');
    expect(text).not.to.match(/Proj|Fal|and more|\[DONE\]/);
    expect(await gateway.lastEvent()).to.include({ verdict: 'block', status: 200, policy: 'no-falcon' });
  });

  it('check 15: the provider receives markers, not the value; verdict redact', async () => {
    const { upstream, gateway } = await setUp([mask('input')]);
    const answer = await gateway.chat(ask(`my number is ${SSN}.`));
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('x-keeptrusts-decision')).to.equal('redact');
    expect(upstream.last.body).to.include('my number is [SSN].').and.not.include(SSN);
    const event = await gateway.lastEvent();
    expect(event).to.include({ verdict: 'redact', policy: 'pii', reason: 'pii.ssn' });
    expect(JSON.stringify(event)).not.to.include(SSN);
  });

  it('check 17: an answer with the value comes masked, streaming and not', async () => {
    const whole = await setUp([mask('output')], json(200, completion(`It is ${SSN}!`)));
    expect(await (await whole.gateway.chat(ask('x'))).text()).to.equal(completion('It is [SSN]!'));
    const cut = await setUp([mask('output')], textStream(['It is 123', '-45-', '6789', '!']));
    const text = await (await cut.gateway.chat(ask('x', { stream: true }))).text();
    const content = [...text.matchAll(/"content":"([^"]*)"/g)].map((match) => match[1]).join('');
    expect(content).to.equal('It is [SSN]!');
    expect(await cut.gateway.lastEvent()).to.include({ verdict: 'redact', policy: 'pii' });
  });

  it('an upstream error that quotes the request comes masked', async () => {
    const body = JSON.stringify({
      error: { message: `cannot read "${SSN}"`, type: 'invalid_request_error' },
    });
    const { gateway } = await setUp([mask('output')], json(400, body));
    const answer = await gateway.chat(ask('x'));
    expect(answer.status).to.equal(400);
    expect(await answer.text()).to.equal(body.replace(SSN, '[SSN]'));
  });

  it('observe changes nothing; guide warns', async () => {
    for (const mode of ['observe', 'guide'] as const) {
      const { upstream, gateway } = await setUp([mask('input', mode)]);
      const answer = await gateway.chat(ask(`my number is ${SSN}.`));
      expect(upstream.last.body).to.include(SSN);
      expect(answer.headers.get('x-keeptrusts-warning')).to.equal(
        mode === 'guide' ? 'pii;reason=pii.ssn;would=redact' : null,
      );
      expect(await gateway.lastEvent()).to.include({ verdict: 'allow', would_verdict: 'redact', mode });
    }
  });

  it('check 26: only a target that meets the data policy is called; with none, 403', async () => {
    const routing: CompiledPolicy = {
      filterTargets: (targets) => ({
        excluded: new Map(
          targets
            .filter(({ data_policy }) => data_policy?.zero_data_retention !== true)
            .map(({ id }) => [id, 'data_routing.retention']),
        ),
        whenNone: 'block',
        log: false,
      }),
    };
    const other = await FakeUpstream.start(json(200, completion('kept')));
    const zero = await FakeUpstream.start(json(200, completion('forgotten')));
    open.push(other, zero);
    const entries = [entryOf(routing, { id: 'zdr', kind: 'data-routing-policy' })];
    const gateway = await TestGateway.start({
      targets: [
        { id: 'other', provider: 'openai', base_url: other.url },
        { id: 'zero', provider: 'groq', base_url: zero.url, data_policy: { zero_data_retention: true } },
      ],
      entries,
    });
    open.push(gateway);
    expect(await (await gateway.chat(ask('x'))).text()).to.include('forgotten');
    expect(other.requests).to.have.length(0);
    const event = await gateway.lastEvent();
    expect(event).to.include({ target: 'zero' });
    expect(event.facts['targets']).to.deep.include({
      id: 'other',
      data_policy: null,
      excluded: 'data_routing.retention',
    });

    const { upstream, gateway: none } = await setUp(entries);
    const answer = await none.chat(ask('x'));
    expect(answer.status).to.equal(403);
    expect(await answer.text()).to.include('no_compliant_provider');
    expect(upstream.requests).to.have.length(0);
    expect(await none.lastEvent()).to.include({ verdict: 'block', policy: 'zdr' });
  });

  it('check 34: a rewriter changes the text of an answer and no key, id or number', async () => {
    const rewriter = entryOf(
      {
        transformText: {
          ...termHook('hello', 'rewrite', { replacement: 'good day' }),
          appliesTo: ({ phase, part }) => phase === 'output' && part === 'content',
        },
      },
      { id: 'polite', kind: 'response-rewriter' },
    );
    const upstreamAnswer = completion('hello "world"', {
      hello: { id: 'hello-1', n: 12345678901234567890n.toString() },
    });
    const { gateway } = await setUp([rewriter], json(200, upstreamAnswer));
    const text = await (await gateway.chat(ask('x'))).text();
    expect(text).to.equal(upstreamAnswer.replace('hello \\"', 'good day \\"'));
  });

  it('check 46: the first bytes arrive before the provider ends', async () => {
    let release = (): void => undefined;
    const waits = new Promise<void>((resolve) => {
      release = resolve;
    });
    const script: Script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ role: 'assistant', content: 'first' }));
      await waits;
      response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
    };
    const { gateway } = await setUp([mask('output')], script);
    const answer = await gateway.chat(ask('x', { stream: true }));
    const reader = answer.body!.getReader();
    const { value } = await reader.read();
    expect(new TextDecoder().decode(value)).to.include('first');
    release();
    for (;;) if ((await reader.read()).done) break;
  });

  describe('check 47: a policy that throws', () => {
    const broken = (fail_mode?: 'block' | 'allow'): CompiledEntry =>
      entryOf(
        {
          inspectText: {
            ...termHook('x', 'block'),
            appliesTo: ({ phase }) => phase === 'input',
            scanner: {
              maxMatchLength: 1,
              contextLength: 0,
              scan: () => {
                throw new Error(`cannot read ${SSN}`);
              },
            },
          },
        },
        { id: 'broken', ...(fail_mode === undefined ? undefined : { fail_mode }) },
      );

    it('with block: 503 policy_error, an error and no verdict', async () => {
      const { upstream, gateway } = await setUp([broken()]);
      const answer = await gateway.chat(ask('x'));
      expect(answer.status).to.equal(503);
      const text = await answer.text();
      expect(text).to.include('policy_error').and.not.include(SSN);
      expect(upstream.requests).to.have.length(0);
      const event = await gateway.lastEvent();
      expect(answer.headers.get('x-keeptrusts-decision')).to.equal('error');
      expect(event).to.include({ verdict: null, status: 503, policy: 'broken', reason: 'policy_error' });
      expect(JSON.stringify(event)).not.to.include(SSN);
    });

    it('with allow, of the entry or of the process: 200 and a degraded event', async () => {
      const own = await setUp([broken('allow')]);
      const process = await setUp([broken()], undefined, { options: { failMode: 'allow' } });
      for (const { gateway } of [own, process]) {
        expect((await gateway.chat(ask('x'))).status).to.equal(200);
        const event = await gateway.lastEvent();
        expect(event).to.include({ verdict: 'allow', status: 200, degraded: true });
        expect(event.entries[0]!.phases[0]).to.include({ outcome: 'error' });
      }
    });
  });

  it('a request keeps the plan that it began with', async () => {
    let release = (): void => undefined;
    const waits = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
    const { gateway } = await setUp([mask('output')], async (response) => {
      reach();
      await waits;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(completion(`It is ${SSN}`));
    });
    const pending = gateway.chat(ask('x'));
    await reached;
    gateway.plans.reject('sha256:ffff');
    release();
    expect(await (await pending).text()).to.include('[SSN]');
  });
});
