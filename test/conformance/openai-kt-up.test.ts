import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import OpenAI from 'openai';
import { createKey } from '../../gateway/contract/key-format.ts';
import type { DecisionEvent } from '../../gateway/events/event.ts';
import { eventually } from '../fakes/folder.ts';
import { KtUp, policyResource, targetResource } from '../fakes/kt-up.ts';
import {
  chunk,
  completion,
  DONE,
  FakeUpstream,
  json,
  silent,
  sse,
  textStream,
  usageChunk,
} from '../fakes/upstream.ts';

const SSN = '123-45-6789';
const MODEL = 'gpt-4o-mini';

describe('the official openai package against kt up', function () {
  this.timeout(60_000);
  const key = createKey(randomBytes);
  let upstream: FakeUpstream;
  let up: KtUp;
  /** Requests that the package made. */
  let made: number;
  let expectedEvents = 0;

  before(async () => {
    upstream = await FakeUpstream.start(json(200, completion('Hello!')));
    up = new KtUp({ env: { KT_SECRET_VENDOR_API_KEY: 'sk-of-the-vendor' } });
    up.write(
      'target.yaml',
      targetResource(upstream.url, {
        credentialSecretRef: { name: 'vendor', key: 'api-key' },
        models: [{ name: MODEL, aliases: ['small'] }],
      }),
    );
    up.write(
      'policy.yaml',
      policyResource({
        identity: { anonymousCallers: 'Denied', keys: [{ id: key.id, sha256: key.sha256, team: 'red' }] },
        entries: [
          { name: 'pii', kind: 'PiiDetector', piiDetector: { action: 'Redact' } },
          {
            name: 'dlp',
            kind: 'DlpFilter',
            dlpFilter: { action: 'Block', blockedTerms: ['Project Falcon'] },
          },
        ],
      }),
    );
    await up.start();
  });
  after(async () => {
    await up.remove();
    await upstream.close();
  });
  beforeEach(() => {
    made = 0;
    upstream.requests.length = 0;
  });

  function clientOf(apiKey: string, more: { maxRetries?: number; timeout?: number } = {}): OpenAI {
    return new OpenAI({
      baseURL: `${up.url}/v1`,
      apiKey,
      ...more,
      fetch: (url, init) => {
        made += 1;
        return fetch(url, init);
      },
    });
  }
  const user = (content: string): OpenAI.ChatCompletionMessageParam[] => [{ role: 'user', content }];
  async function thrown(work: () => Promise<unknown>): Promise<unknown> {
    try {
      await work();
    } catch (error) {
      return error;
    }
    return expect.fail('nothing was thrown');
  }

  it('answers, by the name of a model and by its alias, with the vendor’s key and not the caller’s', async () => {
    upstream.scripts = [json(200, completion(`Your SSN is ${SSN}.`))];
    for (const model of [MODEL, 'small']) {
      const { data, response } = await clientOf(key.value)
        .chat.completions.create({ model, messages: user(`mine is ${SSN}`) })
        .withResponse();
      expectedEvents += 1;
      expect(data.choices[0]?.message.content).to.equal('Your SSN is [SSN].');
      expect(data.usage?.total_tokens).to.equal(15);
      expect(response.headers.get('x-keeptrusts-decision')).to.equal('redact');
      expect(upstream.last.headers['authorization']).to.equal('Bearer sk-of-the-vendor');
      expect(upstream.last.rawHeaders.join(' ')).to.not.contain('kt_gk_');
      expect(JSON.parse(upstream.last.body)).to.deep.include({
        model: MODEL,
        messages: user('mine is [SSN]'),
      });
    }
  });

  it('streams text and usage; what was split over chunks is masked', async () => {
    upstream.scripts = [textStream(['Your SSN is 123-4', '5-', '6789', '. Bye!'])];
    const stream = await clientOf(key.value).chat.completions.create({
      model: MODEL,
      messages: user('hi'),
      stream: true,
      stream_options: { include_usage: true },
    });
    expectedEvents += 1;
    let text = '';
    let usage: OpenAI.CompletionUsage | null = null;
    for await (const part of stream) {
      text += part.choices[0]?.delta.content ?? '';
      usage = part.usage ?? usage;
    }
    expect(text).to.equal('Your SSN is [SSN]. Bye!');
    expect(usage?.total_tokens).to.equal(15);
  });

  it('calls tools, streamed and whole, and masks arguments and results', async () => {
    const piece = (args: string, head: object = {}): string =>
      chunk({
        tool_calls: [
          { index: 0, ...head, function: { arguments: args, ...('id' in head && { name: 'look_up' }) } },
        ],
      });
    upstream.scripts = [
      sse([
        chunk({ role: 'assistant', content: null }),
        piece('', { id: 'call_1', type: 'function' }),
        piece('{"who":"Zürich","ssn":"123-'),
        piece('45-67'),
        piece('89"}'),
        chunk({}, 'tool_calls'),
        usageChunk(),
        DONE,
      ]),
    ];
    const client = clientOf(key.value);
    const tools: OpenAI.ChatCompletionTool[] = [
      { type: 'function', function: { name: 'look_up', parameters: { type: 'object', properties: {} } } },
    ];
    const streamed = await client.chat.completions
      .stream({ model: MODEL, messages: user('hi'), tools })
      .finalChatCompletion();
    const [call] = streamed.choices[0]!.message.tool_calls!;
    expect(streamed.choices[0]!.finish_reason).to.equal('tool_calls');
    const named = call?.type === 'function' ? call.function : expect.fail('no function');
    expect(JSON.parse(named.arguments)).to.deep.equal({ who: 'Zürich', ssn: '[SSN]' });

    upstream.scripts = [json(200, completion('Done.'))];
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      ...user('hi'),
      {
        role: 'assistant',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'look_up', arguments: `{"ssn":"${SSN}"}` } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: `found ${SSN}` },
    ];
    const whole = await client.chat.completions.create({ model: MODEL, messages, tools });
    expectedEvents += 2;
    expect(whole.choices[0]?.message.content).to.equal('Done.');
    const sent = JSON.parse(upstream.last.body) as {
      messages: { content?: string; tool_calls?: { function: { arguments: string } }[] }[];
    };
    expect(sent.messages[1]!.tool_calls![0]!.function.arguments).to.equal('{"ssn":"[SSN]"}');
    expect(sent.messages[2]!.content).to.equal('found [SSN]');
  });

  it('throws the package’s own errors, and asks once for what is refused', async () => {
    const cases: [string, OpenAI.ChatCompletionCreateParamsNonStreaming, unknown, object][] = [
      [
        key.value,
        { model: MODEL, messages: user('about Project Falcon') },
        OpenAI.PermissionDeniedError,
        { status: 403, type: 'policy_violation', code: 'input_blocked' },
      ],
      [
        key.value,
        { model: 'gpt-9', messages: user('hi') },
        OpenAI.NotFoundError,
        { status: 404, code: 'model_not_found' },
      ],
      [
        createKey(randomBytes).value,
        { model: MODEL, messages: user('hi') },
        OpenAI.AuthenticationError,
        { status: 401 },
      ],
      [
        `${key.value.slice(0, -1)}!`,
        { model: MODEL, messages: user('hi') },
        OpenAI.AuthenticationError,
        { status: 401 },
      ],
      ['sk-somebody', { model: MODEL, messages: user('hi') }, OpenAI.AuthenticationError, { status: 401 }],
      [
        key.value,
        { model: MODEL, messages: user('hi'), n: 'two' } as never,
        OpenAI.BadRequestError,
        { status: 400 },
      ],
    ];
    for (const [apiKey, params, type, fields] of cases) {
      made = 0;
      const error = await thrown(() => clientOf(apiKey).chat.completions.create(params));
      expect(error, JSON.stringify(fields)).to.be.instanceOf(type).and.include(fields);
      expect(made, JSON.stringify(fields)).to.equal(1);
    }
    // Those who were identified have an event of their own.
    expectedEvents += 3;
    expect(upstream.requests).to.have.length(0);
  });

  it('asks again for what may work later', async () => {
    upstream.scripts = [json(503, '{}'), json(200, completion('second try'))];
    const answer = await clientOf(key.value).chat.completions.create({ model: MODEL, messages: user('hi') });
    expectedEvents += 2;
    expect(answer.choices[0]?.message.content).to.equal('second try');
    expect(made).to.equal(2);
  });

  it('a block in the middle of a stream is thrown, and no byte of the match was sent', async () => {
    upstream.scripts = [textStream(['It is called ', 'Project ', 'Fal', 'con, and '])];
    let text = '';
    const error = await thrown(async () => {
      const stream = await clientOf(key.value).chat.completions.create({
        model: MODEL,
        messages: user('hi'),
        stream: true,
      });
      for await (const part of stream) text += part.choices[0]?.delta.content ?? '';
    });
    expectedEvents += 1;
    expect(error)
      .to.be.instanceOf(OpenAI.APIError)
      .and.include({ code: 'output_blocked', type: 'policy_violation' });
    expect(text).to.equal('It is called ');
    expect(made).to.equal(1);
  });

  it('times out, and the upstream call is aborted', async () => {
    upstream.scripts = [silent];
    const error = await thrown(() =>
      clientOf(key.value, { timeout: 200, maxRetries: 0 }).chat.completions.create({
        model: MODEL,
        messages: user('hi'),
      }),
    );
    expectedEvents += 1;
    expect(error).to.be.instanceOf(OpenAI.APIConnectionTimeoutError);
    await upstream.last.aborted;
  });

  for (const stream of [false, true]) {
    it(`an abort ends the upstream call within 100 ms (${stream ? 'stream' : 'whole answer'})`, async () => {
      upstream.scripts = [
        stream
          ? (response) => {
              response.writeHead(200, { 'content-type': 'text/event-stream' });
              response.write(chunk({ role: 'assistant', content: 'First words. ' }));
            }
          : silent,
      ];
      const aborter = new AbortController();
      let at = 0;
      const abort = (): void => {
        at = performance.now();
        aborter.abort();
      };
      const error = thrown(async () => {
        const options = { signal: aborter.signal };
        const params = { model: MODEL, messages: user('hi') };
        if (!stream) return clientOf(key.value).chat.completions.create(params, options);
        const parts = await clientOf(key.value).chat.completions.create({ ...params, stream: true }, options);
        // The package ends the loop quietly.
        for await (const _ of parts) abort();
        throw new OpenAI.APIUserAbortError();
      });
      while (upstream.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      if (!stream) abort();
      await upstream.last.aborted;
      expect(performance.now() - at).to.be.lessThan(100);
      expectedEvents += 1;
      expect(await error).to.be.instanceOf(OpenAI.APIUserAbortError);
    });
  }

  it('lists the models', async () => {
    const { data } = await clientOf(key.value).models.list();
    expect(data.map(({ id }) => id)).to.deep.equal([MODEL, 'small']);
  });

  it('has one event for each identified request', async () => {
    // Refusals before identification share one event a second: those of the three strange keys, one to three.
    const count = ({ facts }: DecisionEvent): number => facts['count'] as number;
    let events: DecisionEvent[] = [];
    const ofKind = (wanted: string): DecisionEvent[] => events.filter(({ kind }) => kind === wanted);
    const strangers = (): number => ofKind('refused').reduce((sum, event) => sum + count(event), 0);
    await eventually(
      async () => {
        events = await up.events<DecisionEvent>();
        return ofKind('decision').length >= expectedEvents && strangers() >= 3;
      },
      'the arrival of all events',
      20_000,
    );
    const own = ofKind('decision');
    expect(own).to.have.length(expectedEvents);
    expect(own.filter(({ team, key: id }) => team !== 'red' || id !== key.id)).to.deep.equal([]);
    expect(strangers()).to.equal(3);
    expect(JSON.stringify(events))
      .to.not.contain(SSN)
      .and.not.contain('sk-of-the-vendor')
      .and.not.contain(key.value);
  });
});
