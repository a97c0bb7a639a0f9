import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ask } from '../fakes/gateway.ts';
import { Load } from '../fakes/load.ts';
import { documentOf, LoneGateway, type RecordedEvent } from '../fakes/lone-gateway.ts';
import { chunk, completion, DONE, FakeUpstream, usageChunk } from '../fakes/upstream.ts';
import { expectGoverned, termOf } from './governed.ts';

const PER_SECOND = 200;
const RELOADS = 50;
const SSN = '123-45-6789';
/** Frames of a stream that stays open over many reloads. */
const LONG_FRAMES = 40;

describe('reloads of the policy config under load', function () {
  this.timeout(120_000);
  let upstream: FakeUpstream;
  let gateway: LoneGateway;

  before(async () => {
    upstream = await FakeUpstream.start(async (response, { body }) => {
      if (!body.includes('"stream":true')) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(completion(`It is ${SSN}.`));
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk({ role: 'assistant', content: 'It is 123-4' }));
      for (let frame = 0; body.includes('long') && frame < LONG_FRAMES; frame += 1) {
        await sleep(50);
        response.write(chunk({ content: frame === 0 ? '5-6789.' : ` frame ${frame}` }));
      }
      response.end(
        (body.includes('long') ? '' : chunk({ content: '5-6789.' })) +
          chunk({}, 'stop') +
          usageChunk() +
          DONE,
      );
    });
    gateway = new LoneGateway();
  });
  after(async () => {
    await gateway.remove();
    await upstream.close();
  });

  const blocking = (term: string): object =>
    documentOf(upstream.url, gateway, {
      chain: ['pii-detector', 'dlp-filter'],
      policy: { 'pii-detector': {}, 'dlp-filter': { blocked_terms: [term], action: 'block' } },
    });

  async function until(done: () => Promise<boolean>, what: string): Promise<void> {
    for (const end = Date.now() + 10_000; !(await done()); await sleep(5)) {
      if (Date.now() > end) expect.fail(`${what} did not happen within 10 s`);
    }
  }
  async function rejected(): Promise<number> {
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    return Number(/^keeptrusts_gateway_config_rejected_total (\d+)/m.exec(metrics)?.[1] ?? 0);
  }

  it(`check 60: none of ${PER_SECOND} requests a second fails or goes ungoverned over ${RELOADS} reloads, nor does a stream break`, async () => {
    const terms = ['Osprey', 'Falcon'];
    gateway.configure(blocking('Falcon'));
    await gateway.start();
    const revisions = new Map([[await gateway.revision(), 'Falcon']]);
    const load = new Load({
      perSecond: PER_SECOND,
      send: (id, stream) =>
        gateway.chat(ask(`about ${termOf(id)}`, stream ? { stream } : {}), { 'x-request-id': id }),
    });
    const long = Array.from({ length: 4 }, async (_, index) => {
      await sleep(index * 700);
      const answer = await gateway.chat(ask('a long one', { stream: true }), {
        'x-request-id': `long-${index}`,
      });
      return answer.text();
    });

    let bad = 0;
    for (let reload = 0; reload < RELOADS; reload += 1) {
      const term = terms[reload % 2]!;
      await gateway.reconfigure(blocking(term));
      revisions.set(await gateway.revision(), term);
      if (reload % 10 !== 9) continue;
      // A document that cannot be taken changes nothing.
      gateway.configure(
        reload % 20 === 9 ? 'pack: [' : { pack: { name: 'x', version: '1.0.0', enabled: true }, polcy: {} },
      );
      bad += 1;
      await until(async () => (await rejected()) === bad, `refusal ${bad}`);
      expect(revisions.get(await gateway.revision())).to.equal(term);
    }
    await sleep(100);
    const results = await load.stop();
    const streams = await Promise.all(long);

    expect(revisions.size).to.equal(2);
    for (const text of streams) {
      expect(text.endsWith(DONE)).to.equal(true);
      expect(text)
        .to.contain(` frame ${LONG_FRAMES - 1}`)
        .and.contain('[SSN]')
        .and.not.contain('45-6789');
    }
    const events = new Map(
      (await gateway.events()).map((event): [string, RecordedEvent] => [event.id, event]),
    );
    expect(events.size).to.equal(results.length + streams.length);
    expectGoverned(results, events, revisions);
    for (const { text, status, id } of results) {
      expect(text, id).to.not.contain('45-6789');
      if (status === 200) expect(text, id).to.contain('[SSN]');
    }
    expect(new Set([...events.values()].map(({ revision }) => revision.hash)).size).to.equal(2);
  });
});
