import { expect } from 'chai';
import { documentOf, LoneGateway, type RecordedEvent } from '../fakes/lone-gateway.ts';
import { completion, FakeUpstream, json } from '../fakes/upstream.ts';
import { plant } from '../gateway/dialects/chat/planted.ts';
import { fullRequest } from '../gateway/dialects/chat/sdk-request.ts';
import { ALL_KINDS } from './all-kinds.ts';

const SSN = '123-45-6789';

const OWN_WORDS =
  /^(id|file_id|tool_call_id|role|type|mode|ttl|format|detail|syntax|data|file_data|model|modalities\[\]|prompt_cache_retention|reasoning_effort|service_tier|verbosity|search_context_size)$/;

/** The text with `\u0031` read, however often the backslash is escaped. */
const unescaped = (text: string): string =>
  text.replace(/\\+u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

describe('a canary in each string of a request, through a gateway process', function () {
  this.timeout(60_000);
  let upstream: FakeUpstream;
  let gateway: LoneGateway;

  before(async () => {
    upstream = await FakeUpstream.start(json(200, completion('An answer.')));
    gateway = new LoneGateway({ args: ['--log-level', 'trace'] });
    gateway.configure(documentOf(upstream.url, gateway, ALL_KINDS));
    await gateway.start();
  });
  after(async () => {
    await gateway.remove();
    await upstream.close();
  });

  /** One at a time, so that what arrived upstream is known to be of this request. */
  async function send(
    body: string,
  ): Promise<{ status: number; answer: string; arrived: string | null; event: RecordedEvent }> {
    const before = upstream.requests.length;
    const { status, headers, text } = await gateway.chat(body).then(async (answer) => {
      return { status: answer.status, headers: answer.headers, text: await answer.text() };
    });
    const found = await gateway.admin(`/v1/events/${headers.get('x-keeptrusts-event-id')}`);
    const arrived = upstream.requests[before]?.body ?? null;
    return { status, answer: text, arrived, event: (await found.json()) as RecordedEvent };
  }

  const forms: [string, string, (body: string) => string][] = [
    ['as it is', SSN, (body) => body],
    ['in a sentence with quotes', `my "SSN" is ${SSN}, né`, (body) => body],
    ['written with escapes', SSN, (body) => body.replaceAll(SSN, '\\u0031\\u00323-45-67\\u00389')],
  ];
  for (const [name, canary, write] of forms) {
    it(`${name}: masked upstream, or listed as skipped`, async () => {
      const planted = plant(fullRequest, canary);
      expect(planted.length).to.be.greaterThan(150);
      let masked = 0;
      const passed = new Set<string>();
      for (const { path, body } of planted) {
        const { status, answer, arrived, event } = await send(write(body));
        expect(answer, path).to.not.contain('-6789');
        if (arrived === null) {
          expect(status, `${path}: ${answer}`).to.be.oneOf([400, 403]);
        } else if (unescaped(arrived).includes(SSN)) {
          passed.add(path);
          expect(
            event.coverage.skipped.map((skipped) => skipped.path),
            path,
          ).to.include(path);
        } else {
          masked += 1;
          expect(arrived, path).to.contain('[SSN]');
          expect(() => JSON.parse(arrived), path).to.not.throw();
          expect(event.verdict, path).to.equal('redact');
        }
      }
      if (canary !== SSN) expect([...passed]).to.deep.equal([]);
      // By itself it looks like an id, which may stand where the API has ids and words of its own.
      const last = [...passed].map((path) => path.slice(path.lastIndexOf('.') + 1));
      expect(last.filter((field) => !OWN_WORDS.test(field))).to.deep.equal([]);
      expect(masked).to.be.greaterThan(100);
    });
  }

  it('stands in clear in no event, log line or metric; a model is named on the event as it was asked for', async () => {
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).to.contain('keeptrusts_gateway_requests_total').and.not.contain(SSN);
    expect(gateway.output).to.contain('"level":').and.not.contain(SSN);
    const events = await gateway.events();
    expect(events.length).to.be.greaterThan(450);
    const naming = events.filter((event) => JSON.stringify(event).includes(SSN));
    // By itself it looks like a name; in a sentence it is none.
    expect(naming).to.have.length(forms.length - 1);
    for (const { requested_model: asked, ...rest } of naming) {
      expect(asked).to.contain(SSN);
      expect(JSON.stringify(rest)).to.not.contain(SSN);
      expect(rest.coverage.skipped.map(({ path }) => path)).to.include('model');
    }
  });
});
