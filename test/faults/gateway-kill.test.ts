import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ask } from '../fakes/gateway.ts';
import { runKt } from '../fakes/io.ts';
import { Load, type LoadResult } from '../fakes/load.ts';
import { documentOf, LoneGateway, type RecordedEvent } from '../fakes/lone-gateway.ts';
import { chunk, completion, DONE, FakeUpstream, usageChunk } from '../fakes/upstream.ts';

const ROUNDS = 4;
const PER_SECOND = 200;

/** Each request says its id in its text, so that the upstream knows which ones were dispatched. */
const idOf = (body: string): string => /request (\S+) ends/.exec(body)![1]!;

describe('a gateway that is killed under load', function () {
  this.timeout(90_000);
  let upstream: FakeUpstream;
  let gateway: LoneGateway;

  before(async () => {
    upstream = await FakeUpstream.start(async (response, { body }) => {
      await sleep(10);
      if (!body.includes('"stream":true')) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(completion('An answer.'));
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const piece of [chunk({ role: 'assistant', content: 'A ' }), chunk({ content: 'stream.' })]) {
        response.write(piece);
        await sleep(10);
      }
      response.end(chunk({}, 'stop') + usageChunk() + DONE);
    });
    gateway = new LoneGateway();
    gateway.configure(
      documentOf(upstream.url, gateway, { chain: ['pii-detector'], policy: { 'pii-detector': {} } }),
    );
  });
  after(async () => {
    await gateway.remove();
    await upstream.close();
  });

  it(`has one event for each identified request that was dispatched or answered, over ${ROUNDS} kills`, async () => {
    const results: LoadResult[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await gateway.start();
      const load = new Load({
        perSecond: PER_SECOND,
        prefix: `round-${round}`,
        send: (id, stream) =>
          gateway.chat(ask(`request ${id} ends`, stream ? { stream } : {}), { 'x-request-id': id }),
      });
      // Until enough were answered, which takes longer on a busy machine than the second it takes else.
      const enough = PER_SECOND * 0.75;
      for (const end = Date.now() + 15_000; Date.now() < end; await sleep(20)) {
        if (load.results.filter(({ text }) => text !== null).length >= enough) break;
      }
      await sleep(Math.random() * 300);
      await gateway.stop('SIGKILL');
      results.push(...(await load.stop()));
    }
    await gateway.start();
    expect((await gateway.chat(ask('request last ends'), { 'x-request-id': 'last' })).status).to.equal(200);
    const events = await gateway.events();
    await gateway.stop();

    const byRequest = new Map<string, RecordedEvent>(
      events.map((event) => [String(event.request_id), event]),
    );
    expect(byRequest.size, 'a request with two events').to.equal(events.length);
    expect(new Set(events.map(({ id }) => id)).size).to.equal(events.length);

    const answered = results.filter(({ text }) => text !== null);
    expect(answered.length).to.be.greaterThan(ROUNDS * PER_SECOND * 0.5);
    expect(answered.some(({ stream }) => stream)).to.equal(true);
    for (const { id, status, eventId, text, stream } of answered) {
      expect(status, id).to.equal(200);
      expect(stream ? text!.endsWith(DONE) : JSON.parse(text!).choices.length, id).to.be.oneOf([true, 1]);
      expect(byRequest.get(id), `${id} was answered`).to.include({
        id: eventId,
        kind: 'decision',
        status: 200,
      });
    }
    const dispatched = upstream.requests.map(({ body }) => idOf(body));
    expect(
      dispatched.filter((id) => !byRequest.has(id)),
      'dispatched without an event',
    ).to.deep.equal([]);

    // What was cut off has an event that says so, and nobody was told that it went well.
    const interrupted = events.filter(({ kind }) => kind === 'interrupted');
    expect(interrupted.length).to.be.greaterThan(0);
    const whole = new Set(answered.map(({ id }) => id));
    expect(interrupted.filter(({ request_id }) => whole.has(String(request_id)))).to.deep.equal([]);
    for (const event of interrupted) expect(event).to.include({ team: 'red', key: gateway.key.id });

    expect([...new Set(events.map(({ stream }) => stream))]).to.have.length(1);
    const seqs = events.map(({ seq }) => seq).sort((a, b) => a - b);
    expect(new Set(seqs).size).to.equal(seqs.length);
    const verified = await runKt([
      'events',
      'verify',
      gateway.spoolDir,
      '--allow-unanchored',
      '--format',
      'json',
    ]);
    expect(verified.exitCode, verified.out).to.equal(0);
    const report = JSON.parse(verified.out) as { streams: object[]; problems: object[]; records: number };
    expect(report.problems).to.deep.equal([]);
    expect(report.streams).to.have.length(1);
    expect(report.records).to.be.at.least(events.length);
  });
});
