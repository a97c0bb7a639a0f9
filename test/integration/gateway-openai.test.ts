import { expect } from 'chai';
import OpenAI from 'openai';
import { TestGateway } from '../fakes/gateway.ts';
import { entryOf, termHook } from '../fakes/plan.ts';
import {
  chunk,
  completion,
  DONE,
  FakeUpstream,
  json,
  type Script,
  silent,
  sse,
  textStream,
} from '../fakes/upstream.ts';

describe('the official openai package, unchanged', () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  let client: OpenAI;
  const messages = [{ role: 'user' as const, content: 'hi' }];

  beforeEach(async () => {
    upstream = await FakeUpstream.start(json(200, completion('Hello!')));
    gateway = await TestGateway.start({
      targets: [
        { id: 'fake', provider: 'openai', base_url: upstream.url, models: [{ name: 'gpt-4o-mini' }] },
      ],
      entries: [entryOf({ inspectText: termHook('forbidden', 'block', { phase: 'input' }) }, { id: 'no' })],
    });
    client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'sk-of-the-caller' });
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.close();
  });
  const answers = (...scripts: Script[]): void => {
    upstream.scripts = scripts;
  };

  it('answers', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'gpt-4o-mini', messages })
      .withResponse();
    expect(data.choices[0]?.message.content).to.equal('Hello!');
    expect(data.usage?.total_tokens).to.equal(15);
    expect(response.headers.get('x-keeptrusts-decision')).to.equal('allow');
    expect(upstream.last.headers['authorization']).to.equal(undefined);
  });

  it('streams, with the usage where it is asked for', async () => {
    answers(textStream(['Hel', 'lo', '!']));
    const stream = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage: number | undefined;
    for await (const part of stream) {
      text += part.choices[0]?.delta.content ?? '';
      usage = part.usage?.total_tokens ?? usage;
    }
    expect(text).to.equal('Hello!');
    expect(usage).to.equal(15);
  });

  it('calls tools, whole and streamed', async () => {
    const call = {
      id: 'call_1',
      type: 'function',
      function: { name: 'weather', arguments: '{"city":"Zürich"}' },
    };
    const toolAnswer = completion('', {
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: null, refusal: null, tool_calls: [call] },
          logprobs: null,
          finish_reason: 'tool_calls',
        },
      ],
    });
    const delta = (args: string, head: object = {}): string =>
      chunk({
        tool_calls: [
          { index: 0, ...head, function: { arguments: args, ...('id' in head ? { name: 'weather' } : {}) } },
        ],
      });
    answers(
      json(200, toolAnswer),
      sse([
        chunk({ role: 'assistant', content: null }),
        delta('', { id: 'call_1', type: 'function' }),
        delta('{"ci'),
        delta('ty":"Zü'),
        delta('rich"}'),
        chunk({}, 'tool_calls'),
        DONE,
      ]),
    );
    const tools = [
      {
        type: 'function' as const,
        function: { name: 'weather', parameters: { type: 'object', properties: {} } },
      },
    ];
    const whole = await client.chat.completions.create({ model: 'gpt-4o-mini', messages, tools });
    expect(whole.choices[0]?.message.tool_calls?.[0]).to.deep.equal(call);
    const runner = client.chat.completions.stream({ model: 'gpt-4o-mini', messages, tools });
    const final = await runner.finalChatCompletion();
    const streamed = final.choices[0]?.message.tool_calls?.[0];
    expect(streamed?.type === 'function' && streamed.function.arguments).to.equal('{"city":"Zürich"}');
  });

  it('throws typed errors and does not repeat a block', async () => {
    const blocked = await failure(
      client.chat.completions.create({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'forbidden' }],
      }),
    );
    expect(blocked).to.be.instanceOf(OpenAI.PermissionDeniedError);
    expect(blocked).to.include({ status: 403, code: 'input_blocked', type: 'policy_violation' });
    expect((await gateway.events()).length).to.equal(1);
    const unknown = await failure(client.chat.completions.create({ model: 'gpt-9', messages }));
    expect(unknown).to.be.instanceOf(OpenAI.NotFoundError);
    expect((await gateway.events()).length).to.equal(2);
    expect(upstream.requests).to.have.length(0);
  });

  it('an error in the middle of a stream is thrown', async () => {
    answers(async (response, _seen, socket) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ role: 'assistant', content: 'abc' }));
      setTimeout(() => socket.destroy(), 20);
    });
    const stream = await client.chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true });
    let text = '';
    const thrown = await failure(
      (async () => {
        for await (const part of stream) text += part.choices[0]?.delta.content ?? '';
      })(),
    );
    expect(text).to.equal('abc');
    expect(thrown).to.be.instanceOf(OpenAI.APIError);
    expect(thrown).to.include({ code: 'upstream_interrupted' });
  });

  it('times out and aborts', async () => {
    answers(silent);
    const timedOut = await failure(
      client.chat.completions.create({ model: 'gpt-4o-mini', messages }, { timeout: 150, maxRetries: 0 }),
    );
    expect(timedOut).to.be.instanceOf(OpenAI.APIConnectionTimeoutError);
    await upstream.last.aborted;
    answers(textStream(['a', 'b', 'c', 'd', 'e', 'f'], 100));
    const stream = await client.chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true });
    for await (const part of stream) {
      if (part.choices[0]?.delta.content === 'b') stream.controller.abort();
    }
    await upstream.last.aborted;
    expect((await gateway.settledEvents(2)).map(({ error }) => error?.code)).to.deep.equal([
      'caller_gone',
      'caller_gone',
    ]);
  });

  it('repeats what may work later', async () => {
    answers(json(503, '{}'), json(200, completion('second try')));
    const answer = await client.chat.completions.create(
      { model: 'gpt-4o-mini', messages },
      { maxRetries: 1 },
    );
    expect(answer.choices[0]?.message.content).to.equal('second try');
  });

  it('lists the models', async () => {
    const models = await client.models.list();
    expect(models.data.map(({ id }) => id)).to.deep.equal(['gpt-4o-mini']);
  });
});

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
