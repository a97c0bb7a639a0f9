import { expect } from 'chai';
import { ask } from '../fakes/gateway.ts';
import { type DocumentParts, documentOf, LoneGateway, type RecordedEvent } from '../fakes/lone-gateway.ts';
import { completion, FakeUpstream, json, textStream } from '../fakes/upstream.ts';
import { document } from '../gateway/contract/corpus.ts';

const SSN = '123-45-6789';
const EMAIL = 'jane.doe@example.com';
const CARD = '4111 1111 1111 1111';

interface Asked {
  status: number;
  text: string;
  event: RecordedEvent;
}

describe('acceptance checks on a gateway process with the built kinds', function () {
  this.timeout(60_000);
  let upstream: FakeUpstream;
  let gateway: LoneGateway;

  const gateways: LoneGateway[] = [];

  /** The gateway of most tests, which changes its document from one to the next. */
  let changing: LoneGateway;

  before(async () => {
    upstream = await FakeUpstream.start(json(200, completion('An answer.')));
    changing = await start((own) => documentOf(upstream.url, own));
  });
  beforeEach(() => {
    gateway = changing;
    upstream.requests.length = 0;
    upstream.scripts = [json(200, completion('An answer.'))];
  });
  after(async () => {
    for (const one of gateways) await one.remove();
    await upstream.close();
  });

  async function start(
    config: (own: LoneGateway) => object | string,
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<LoneGateway> {
    const one = new LoneGateway({ args, env });
    gateways.push(one);
    one.configure(config(one));
    await one.start();
    return one;
  }
  const configure = (parts: DocumentParts): Promise<void> =>
    gateway.reconfigure(documentOf(upstream.url, gateway, parts));
  async function chat(body: object, headers: Record<string, string> = {}): Promise<Asked> {
    const answer = await gateway.chat(body, headers);
    const text = await answer.text();
    const found = await gateway.admin(`/v1/events/${answer.headers.get('x-keeptrusts-event-id')}`);
    return { status: answer.status, text, event: (await found.json()) as RecordedEvent };
  }
  const userText = (): string => JSON.parse(upstream.last.body).messages[0].content;

  it('check 2: under the observe-only list of the brief a prompt with an SSN is forwarded, and its event says allow', async () => {
    gateway = await start(() => document('good/brief-observe-only.yaml'), ['--upstream', upstream.url]);
    const { status, event } = await chat(ask(`mine is ${SSN}`), { authorization: 'Bearer sk-of-the-caller' });
    expect(status).to.equal(200);
    expect(userText()).to.equal(`mine is ${SSN}`);
    expect(event).to.include({ verdict: 'allow', mode: 'observe' });
    expect(await gateway.events()).to.have.length(1);
  });

  it('checks 3 and 8: /keeptrusts/config lists the three targets of the brief, and the value of no secret', async () => {
    const env = {
      OPENAI_API_KEY: 'sk-open-value',
      ANTHROPIC_API_KEY: 'sk-ant-value',
      AZURE_OPENAI_API_KEY: 'azure-value',
    };
    gateway = await start(() => document('good/brief-providers-ref-beside-provider.yaml'), [], env);
    const shown = await (await gateway.admin('/keeptrusts/config')).text();
    const { providers } = JSON.parse(shown) as {
      providers: { targets: { id: string; secret_key_ref: object }[] };
    };
    expect(providers.targets.map(({ id, secret_key_ref }) => [id, secret_key_ref])).to.deep.equal([
      ['openai', { env: 'OPENAI_API_KEY' }],
      ['anthropic', { env: 'ANTHROPIC_API_KEY' }],
      ['azure-openai', { env: 'AZURE_OPENAI_API_KEY' }],
    ]);
    for (const value of Object.values(env)) expect(shown).to.not.contain(value);
  });

  it('checks 10 and 12: the first kind that blocks ends the chain; the event lists the others as not run, nothing leaves', async () => {
    await configure({
      chain: ['dlp-filter', 'pii-detector'],
      policy: { 'dlp-filter': { blocked_terms: ['Project Falcon'], action: 'block' }, 'pii-detector': {} },
    });
    const { status, text, event } = await chat(ask(`Project Falcon, ${SSN}`));
    expect(status).to.equal(403);
    expect(JSON.parse(text).error).to.include({
      type: 'policy_violation',
      code: 'input_blocked',
      policy: 'dlp-filter',
    });
    expect(
      event.entries.flatMap(({ kind, phases }) =>
        phases.map(({ outcome, verdict, reason }) => [kind, outcome, verdict, reason]),
      ),
    ).to.deep.equal([
      ['dlp-filter', 'findings', 'block', 'dlp.term'],
      ['pii-detector', 'not_run', null, 'blocked_earlier'],
    ]);
    expect(upstream.requests).to.have.length(0);
  });

  it('check 11: a kind that is configured and not chained has no effect', async () => {
    await configure({
      chain: ['pii-detector'],
      policy: { 'dlp-filter': { blocked_terms: ['Project Falcon'], action: 'block' }, 'pii-detector': {} },
    });
    const { status, event } = await chat(ask('Project Falcon'));
    expect(status).to.equal(200);
    expect(event.entries.map(({ kind }) => kind)).to.not.include('dlp-filter');
  });

  it('check 13: a banned phrase of an answer is 403 output_blocked', async () => {
    await configure({
      chain: ['dlp-filter'],
      policy: { 'dlp-filter': { blocked_terms: ['Project Falcon'], action: 'block' } },
    });
    upstream.scripts = [json(200, completion('It is Project Falcon.'))];
    const { status, text, event } = await chat(ask('what is it?'));
    expect(status).to.equal(403);
    expect(JSON.parse(text).error).to.include({ type: 'policy_violation', code: 'output_blocked' });
    expect(text).to.not.contain('Falcon');
    expect(event).to.include({ verdict: 'block', status: 403 });
  });

  it('checks 15 and 17: markers for e-mail, SSN and card go up and come down, also in a stream; the verdict is redact', async () => {
    await configure({ chain: ['pii-detector'], policy: { 'pii-detector': {} } });
    const sentence = `I am ${EMAIL}, ${SSN}, card ${CARD}.`;
    upstream.scripts = [json(200, completion(sentence)), textStream([...sentence])];
    const whole = await chat(ask(sentence));
    expect(userText()).to.equal('I am [EMAIL], [SSN], card [CREDIT_CARD].');
    expect(JSON.parse(whole.text).choices[0].message.content).to.equal(userText());
    expect(whole.event.verdict).to.equal('redact');
    const streamed = await chat(ask('hi', { stream: true }));
    const content = streamed.text
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice(6)).choices[0]?.delta.content ?? '')
      .join('');
    expect(content).to.equal('I am [EMAIL], [SSN], card [CREDIT_CARD].');
    expect(streamed.event.verdict).to.equal('redact');
  });

  it('check 16: action block is 403, and a pattern of one’s own is redacted', async () => {
    await configure({ chain: ['pii-detector'], policy: { 'pii-detector': { action: 'block' } } });
    expect(await chat(ask(SSN))).to.deep.include({ status: 403 });
    await configure({
      chain: ['pii-detector'],
      policy: { 'pii-detector': { detect_patterns: ['EMP-[0-9]{6}'] } },
    });
    expect(await chat(ask('I am EMP-123456'))).to.deep.include({ status: 200 });
    expect(userText()).to.match(/^I am \[[A-Z_]+\]$/);
  });

  it('check 19: an access key is redacted; a code name with one typing error only with fuzzy_matching', async () => {
    for (const fuzzy of [true, false]) {
      await configure({
        chain: ['dlp-filter'],
        policy: {
          'dlp-filter': {
            detect_patterns: ['AKIA[0-9A-Z]{16}'],
            blocked_terms: ['Nightjar'],
            fuzzy_matching: fuzzy,
          },
        },
      });
      await chat(ask('key AKIAIOSFODNN7EXAMPLE of Nighjar'));
      expect(userText()).to.not.contain('AKIA');
      expect(userText().includes('Nighjar')).to.equal(!fuzzy);
    }
  });

  it('check 34: a rewriter changes the text of an answer, and none of its JSON keys', async () => {
    await configure({
      chain: ['response-rewriter'],
      policy: {
        'response-rewriter': {
          rules: [
            { name: 'word', pattern: '\\bcontent\\b', replacement: 'text' },
            { name: 'note', position: 'append', replacement: ' (checked)' },
          ],
        },
      },
    });
    const body = completion('The content is here.');
    upstream.scripts = [json(200, body)];
    const { text } = await chat(ask('hi'));
    expect(text).to.equal(body.replace('The content is here.', 'The text is here. (checked)'));
  });

  it('check 26: only a target with zero retention is called; with none, 403', async () => {
    const compliant = await FakeUpstream.start(json(200, completion('kept nothing')));
    const targets = (second: object): DocumentParts => ({
      chain: ['data-routing-policy'],
      policy: { 'data-routing-policy': { require_zero_data_retention: true } },
      providers: {
        targets: [
          {
            id: 'keeps',
            provider: 'openai',
            base_url: upstream.url,
            data_policy: { zero_data_retention: false },
          },
          { id: 'other', provider: 'openai', base_url: compliant.url, ...second },
        ],
      },
    });
    await configure(targets({ data_policy: { zero_data_retention: true } }));
    const { status, event } = await chat(ask('hi'));
    expect([status, event.target]).to.deep.equal([200, 'other']);
    await configure(targets({}));
    expect(await chat(ask('hi'))).to.deep.include({ status: 403 });
    expect([upstream.requests.length, compliant.requests.length]).to.deep.equal([0, 1]);
    await compliant.close();
  });
});
