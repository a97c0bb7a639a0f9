import { createServer } from 'node:net';
import { expect } from 'chai';
import type { Target } from '../../gateway/contract/document.ts';
import { ask, TestGateway, type TestGatewayOptions } from '../fakes/gateway.ts';
import {
  chunk,
  completion,
  FakeUpstream,
  garbage,
  json,
  reset,
  type Script,
  silent,
  sse,
  textStream,
} from '../fakes/upstream.ts';

const error = (message: string, more: object = {}): string =>
  JSON.stringify({ error: { message, type: 'x', ...more } });

describe('what a provider does and what the caller gets', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  async function setUp(
    scripts: Script[],
    more: Partial<Target> = {},
    options: TestGatewayOptions = {},
  ): Promise<{ upstream: FakeUpstream; gateway: TestGateway }> {
    const upstream = await FakeUpstream.start(...scripts);
    open.push(upstream);
    const gateway = await TestGateway.start({
      targets: [{ id: 'fake', provider: 'openai', base_url: upstream.url, ...more }],
      ...options,
    });
    open.push(gateway);
    return { upstream, gateway };
  }

  it('sends the body byte for byte and only its own headers; the key of the target, not the caller’s', async () => {
    const { upstream, gateway } = await setUp(
      [json(200, completion('hi'))],
      {},
      { credential: () => 'sk-target' },
    );
    const sent =
      '{ "model":"gpt-4o-mini","seed":12345678901234567890,\n"messages":[{"role":"user","content":"\\u00e9"}] }';
    const answer = await gateway.chat(sent, {
      headers: { authorization: 'Bearer sk-of-the-caller', 'x-secret': 'a', cookie: 'b' },
    });
    expect(answer.status).to.equal(200);
    expect(await answer.text()).to.equal(completion('hi'));
    expect(upstream.last.body).to.equal(sent);
    expect(upstream.last.path).to.equal('/v1/chat/completions');
    const names = Object.keys(upstream.last.headers).sort();
    expect(names).to.deep.equal([
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
    ]);
    expect(upstream.last.headers['authorization']).to.equal('Bearer sk-target');
    expect(upstream.last.headers['accept-encoding']).to.equal('identity');
  });

  const passed = [400, 404, 413, 422, 429];
  for (const status of passed) {
    it(`${status} passes with its body`, async () => {
      const { gateway } = await setUp([json(status, error('no'), { 'retry-after': '7200' })]);
      const answer = await gateway.chat(ask('x'));
      expect(answer.status).to.equal(status);
      expect(await answer.text()).to.equal(error('no'));
      expect(answer.headers.get('retry-after')).to.equal('60');
      const event = await gateway.lastEvent();
      expect(event).to.include({ status, verdict: 'allow', target: 'fake' });
      expect(event.attempts[0]).to.include({ status });
    });
  }

  const mapped: [string, Script, number, string][] = [
    ['401', json(401, error('bad key sk-abc')), 502, 'upstream_auth'],
    ['403', json(403, error('no')), 502, 'upstream_auth'],
    ['500', json(500, error('no')), 502, 'upstream_error'],
    ['429 without quota', json(429, error('no', { code: 'insufficient_quota' })), 503, 'upstream_quota'],
    [
      'HTML with 200',
      (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      502,
      'upstream_invalid',
    ],
    ['JSON that is no answer', json(200, '{"hello":'), 502, 'upstream_invalid'],
    [
      'an encoded answer',
      json(200, completion('x'), { 'content-encoding': 'gzip' }),
      502,
      'upstream_invalid',
    ],
    ['bytes that are no HTTP', garbage('SSH-2.0-OpenSSH\r\n\r\n'), 502, 'upstream_invalid'],
    ['a reset before the first byte', reset(), 502, 'upstream_connect'],
    [
      'an answer that breaks off',
      (response, _seen, socket) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        response.write('{"id":');
        setTimeout(() => socket.destroy(), 20);
      },
      502,
      'upstream_interrupted',
    ],
  ];
  for (const [name, script, status, code] of mapped) {
    it(`${name}: ${status} ${code}`, async () => {
      const { gateway } = await setUp([script]);
      const answer = await gateway.chat(ask('x'));
      expect(answer.status).to.equal(status);
      const text = await answer.text();
      expect(JSON.parse(text).error.code).to.equal(code);
      expect(text).not.to.include('sk-abc');
      const events = await gateway.events();
      expect(events).to.have.length(1);
      // What the entries decided stands beside the failure, in the event and in the header.
      expect(events[0]).to.include({ status, verdict: 'allow' });
      expect(answer.headers.get('x-keeptrusts-decision')).to.equal('allow');
      expect(events[0]).to.include({ status });
      expect(events[0]!.error?.code).to.equal(code);
    });
  }

  it('passes 401 on where the caller’s own credential was sent', async () => {
    const { upstream, gateway } = await setUp([json(401, error('bad key'))], {
      pass_through_credential: true,
    });
    const answer = await gateway.chat(ask('x'), { headers: { authorization: 'Bearer sk-mine' } });
    expect(answer.status).to.equal(401);
    expect(upstream.last.headers['authorization']).to.equal('Bearer sk-mine');
  });

  it('a dead provider: 502 upstream_connect', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const gateway = await TestGateway.start({
      targets: [{ id: 'dead', provider: 'openai', base_url: `http://127.0.0.1:${port}/v1` }],
    });
    open.push(gateway);
    const answer = await gateway.chat(ask('x'));
    expect(answer.status).to.equal(502);
    expect((await gateway.lastEvent()).error?.code).to.equal('upstream_connect');
  });

  it('a silent provider: 504 upstream_timeout', async () => {
    const { upstream, gateway } = await setUp([silent], { timeouts: { total_ms: 200 } });
    const answer = await gateway.chat(ask('x'));
    expect(answer.status).to.equal(504);
    await upstream.last.aborted;
    expect((await gateway.lastEvent()).error?.code).to.equal('upstream_timeout');
  });

  it('a stream without a first byte: 504, and one that falls silent ends with an error frame', async () => {
    const slow: Script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ role: 'assistant', content: 'a' }));
    };
    const { gateway } = await setUp([silent, slow], { timeouts: { first_token_ms: 150, idle_ms: 150 } });
    expect((await gateway.chat(ask('x', { stream: true }))).status).to.equal(504);
    const answer = await gateway.chat(ask('x', { stream: true }));
    expect(answer.status).to.equal(200);
    const text = await answer.text();
    expect(text).to.include('"code":"upstream_timeout"');
    expect(text).not.to.include('[DONE]');
    expect(await gateway.lastEvent()).to.include({ status: 200 });
  });

  it('a stream that breaks off ends with an error frame and no end marker', async () => {
    const { gateway } = await setUp([reset([chunk({ role: 'assistant', content: 'abc' })])]);
    const text = await (await gateway.chat(ask('x', { stream: true }))).text();
    expect(text).to.include('abc').and.include('"code":"upstream_interrupted"').and.not.include('[DONE]');
    const event = await gateway.lastEvent();
    expect(event.error?.code).to.equal('upstream_interrupted');
    expect(event.usage).to.include({ source: 'estimated' });
  });

  it('check 93: an answer over its limit is refused, whole and streamed', async () => {
    const big = 'y'.repeat(5_000);
    const { gateway } = await setUp(
      [json(200, completion(big)), textStream([big])],
      {},
      {
        config: {
          limits: { max_body_bytes: 1e6, max_response_bytes: 2_000, on_spool_full: 'block', timeouts: {} },
        },
      },
    );
    const answer = await gateway.chat(ask('x'));
    expect(answer.status).to.equal(502);
    expect(await answer.text()).to.include('upstream_too_large');
    const streamed = await (await gateway.chat(ask('x', { stream: true }))).text();
    expect(streamed).to.include('upstream_too_large').and.not.include(big);
  });

  it('check 49: falls back in order on 429; the event names both targets', async () => {
    const first = await FakeUpstream.start(json(429, error('slow down')));
    const second = await FakeUpstream.start(json(200, completion('from the second')));
    open.push(first, second);
    const gateway = await TestGateway.start({
      targets: [
        { id: 'one', provider: 'openai', base_url: first.url, models: [{ name: 'gpt-4o-mini' }] },
        {
          id: 'two',
          provider: 'groq',
          base_url: second.url,
          models: [{ name: 'llama', aliases: ['gpt-4o-mini'] }],
        },
      ],
    });
    open.push(gateway);
    const answer = await gateway.chat(ask('x'));
    expect(answer.status).to.equal(200);
    expect(await answer.text()).to.include('from the second');
    expect(JSON.parse(second.last.body).model).to.equal('llama');
    const event = await gateway.lastEvent();
    expect(event.attempts.map(({ target, status }) => [target, status])).to.deep.equal([
      ['one', 429],
      ['two', 200],
    ]);
    expect(event).to.include({ target: 'two', provider: 'groq', requested_model: 'gpt-4o-mini' });
    expect(event.edits).to.deep.equal(['alias']);
  });

  it('falls back on 5xx and on a connect error, not on 400 and not after the first byte', async () => {
    const first = await FakeUpstream.start(
      json(503, '{}'),
      // The first reset meets a connection that was used before, so it is tried once more.
      reset(),
      reset(),
      json(400, error('no')),
      reset([chunk({ role: 'assistant', content: 'abc' })]),
    );
    const second = await FakeUpstream.start(json(200, completion('second')));
    open.push(first, second);
    const gateway = await TestGateway.start({
      targets: [
        { id: 'one', provider: 'openai', base_url: first.url },
        { id: 'two', provider: 'openai', base_url: second.url },
      ],
    });
    open.push(gateway);
    const statuses = [];
    for (const stream of [false, false, false, true]) {
      const answer = await gateway.chat(ask('x', { stream }));
      statuses.push([answer.status, (await answer.text()).includes('second')]);
    }
    expect(statuses).to.deep.equal([
      [200, true],
      [200, true],
      [400, false],
      [200, false],
    ]);
  });

  it('aborts the provider’s call within 100 ms when the caller hangs up', async () => {
    const slow: Script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ role: 'assistant', content: 'a' }));
    };
    for (const script of [silent, slow]) {
      const { upstream, gateway } = await setUp([script]);
      const controller = new AbortController();
      const pending = gateway.chat(ask('x', { stream: script === slow }), { signal: controller.signal });
      if (script === slow) await pending;
      else {
        pending.catch(() => undefined);
        while (upstream.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const at = performance.now();
      controller.abort();
      await upstream.last.aborted;
      expect(performance.now() - at).to.be.lessThan(100);
      const events = await gateway.settledEvents(1);
      expect(events).to.have.length(1);
      expect(events[0]).to.include({ status: script === slow ? 200 : 499 });
      expect(events[0]!.error?.code).to.equal('caller_gone');
    }
  });

  it('retries once where the provider closed an idle connection under the request', async () => {
    const { upstream, gateway } = await setUp([
      json(200, completion('one')),
      reset(),
      json(200, completion('two')),
    ]);
    await (await gateway.chat(ask('x'))).text();
    const answer = await gateway.chat(ask('x'));
    expect(answer.status).to.equal(200);
    expect(await answer.text()).to.include('two');
    expect(upstream.requests).to.have.length(3);
    expect((await gateway.lastEvent()).attempts).to.have.length(1);
  });

  it('a target takes only as many calls at once as it says; the rest waits, falls back or is refused', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = await FakeUpstream.start(async (response) => {
      await promise;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(completion('first'));
    });
    const second = await FakeUpstream.start(json(200, completion('second')));
    open.push(first, second);
    const small = {
      provider: 'openai',
      base_url: first.url,
      max_concurrency: 1,
      timeouts: { queue_ms: 150 },
    };
    const alone = await TestGateway.start({ targets: [{ id: 'small', ...small }] });
    const pair = await TestGateway.start({
      targets: [
        { id: 'small', ...small },
        { id: 'large', provider: 'openai', base_url: second.url },
      ],
    });
    open.push(alone, pair);
    const held = [alone.chat(ask('x')), pair.chat(ask('x'))];
    while (first.requests.length < 2) await new Promise((done) => setTimeout(done, 5));
    const refused = await alone.chat(ask('x'));
    expect(refused.status).to.equal(503);
    expect(await refused.text()).to.include('overloaded');
    expect(await (await pair.chat(ask('x'))).text()).to.include('second');
    const [, event] = [await alone.lastEvent(), await pair.lastEvent()];
    expect(event.attempts.map(({ target, error }) => [target, error])).to.deep.equal([
      ['small', 'overloaded'],
      ['large', null],
    ]);
    const waits = alone.chat(ask('x'));
    setTimeout(resolve, 50);
    expect((await waits).status).to.equal(200);
    for (const one of held) expect((await one).status).to.equal(200);
  });

  it('a caller who reads slowly pauses the provider', async () => {
    const piece = chunk({ content: 'z'.repeat(60_000) });
    let written = 0;
    const flood: Script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let index = 0; index < 400; index += 1) {
        written += 1;
        if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve));
        if (response.destroyed) return;
      }
      response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
    };
    const { gateway } = await setUp([flood]);
    const answer = await gateway.chat(ask('x', { stream: true }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(written).to.be.lessThan(300);
    const text = await answer.text();
    expect(text.length).to.be.greaterThan(400 * 60_000);
    expect(text.endsWith('data: [DONE]\n\n')).to.equal(true);
  });

  it('a stream leaves byte for byte, without the usage chunk that the caller did not ask for', async () => {
    const { upstream, gateway } = await setUp([textStream(['Hel', 'lo ', 'wörld'])]);
    const text = await (await gateway.chat(ask('x', { stream: true }))).text();
    expect(JSON.parse(upstream.last.body).stream_options).to.deep.equal({ include_usage: true });
    expect(text).to.equal(
      [
        chunk({ role: 'assistant', content: '' }),
        chunk({ content: 'Hel' }),
        chunk({ content: 'lo ' }),
        chunk({ content: 'wörld' }),
        chunk({}, 'stop'),
        'data: [DONE]\n\n',
      ].join(''),
    );
    const event = await gateway.lastEvent();
    expect(event.usage).to.include({ input: 10, output: 5, source: 'provider' });
  });

  it('a stream that is whole ends well, whatever the connection does then', async () => {
    const whole = [chunk({ role: 'assistant', content: 'abc' }), chunk({}, 'stop'), 'data: [DONE]\n\n'];
    const hanging: Script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(whole.join(''));
    };
    const { gateway } = await setUp([reset(whole), hanging]);
    for (const wait of [500, 3_000]) {
      const at = performance.now();
      const text = await (await gateway.chat(ask('x', { stream: true }))).text();
      expect(performance.now() - at).to.be.lessThan(wait);
      expect(text).to.equal(whole.join(''));
    }
    expect((await gateway.events()).map(({ error }) => error)).to.deep.equal([null, null]);
  });

  it('leaves stream_options alone where the target rejects them', async () => {
    const { upstream, gateway } = await setUp(
      [sse([chunk({ content: 'hello' }), chunk({}, 'stop'), 'data: [DONE]\n\n'])],
      {
        rejects_stream_options: true,
      },
    );
    await (await gateway.chat(ask('x', { stream: true }))).text();
    expect(JSON.parse(upstream.last.body)).not.to.have.property('stream_options');
    expect((await gateway.lastEvent()).usage).to.include({ source: 'estimated', output: 2 });
  });
});
