import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { verifyPath } from '../../gateway/events/verify.ts';
import { ALL_KINDS } from '../conformance/all-kinds.ts';
import { ask, TestGateway } from '../fakes/gateway.ts';
import { documentOf, LoneGateway } from '../fakes/lone-gateway.ts';
import { chunk, completion, DONE, FakeUpstream, json, type Script, usageChunk } from '../fakes/upstream.ts';

const MIB = 1024 * 1024;

interface Frame {
  choices?: { delta: { content?: string }; finish_reason: string | null }[];
  error?: { code: string; type: string };
}

/** Every frame of a stream; a frame that is no JSON fails. */
function framesOf(text: string): (Frame | 'done')[] {
  expect(text === '' || text.endsWith('\n\n'), `a cut frame was sent: ${text}`).to.equal(true);
  return text
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      expect(frame).to.match(/^data: /);
      const data = frame.slice('data: '.length);
      return data === '[DONE]' ? 'done' : (JSON.parse(data) as Frame);
    });
}

describe('streams under faults', function () {
  this.timeout(60_000);
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });
  const keep = <T extends { close(): Promise<void> }>(one: T): T => {
    open.push(one);
    return one;
  };

  it('a provider that resets anywhere in a frame: whole frames, then one error frame; one event each', async () => {
    const stream =
      chunk({ role: 'assistant', content: 'Hello. ' }) +
      chunk({ content: 'Göd dag. ' }) +
      chunk({}, 'stop') +
      usageChunk() +
      DONE;
    const bytes = Buffer.from(stream);
    const finished = bytes.indexOf(usageChunk());
    let cut = 0;
    const upstream = keep(
      await FakeUpstream.start(async (response, _seen, socket) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(bytes.subarray(0, cut));
        await sleep(15);
        socket.resetAndDestroy();
      }),
    );
    const gateway = keep(
      await TestGateway.start({ targets: [{ id: 'fake', provider: 'openai', base_url: upstream.url }] }),
    );
    const cuts = Array.from({ length: 40 }, (_, index) => 1 + Math.floor((index * (bytes.length - 2)) / 40));
    for (cut of cuts) {
      const answer = await gateway.chat(ask('hi', { stream: true, stream_options: { include_usage: true } }));
      const text = await answer.text();
      const event = await gateway.lastEvent();
      if (answer.status !== 200) {
        // Nothing of it could be sent yet.
        expect(answer.status, `cut at ${cut}`).to.equal(502);
        expect(JSON.parse(text).error.code).to.match(/^upstream_/);
        continue;
      }
      const frames = framesOf(text);
      if (cut >= finished) {
        // Whole for whoever reads it: what is cut behind the finish is left out, and no end marker is made up.
        expect(stream.startsWith(text), `cut at ${cut}`).to.equal(true);
        expect(event.error, `cut at ${cut}`).to.equal(null);
        expect(event.finish_reasons).to.deep.equal(['stop']);
        continue;
      }
      const last = frames.at(-1) as Frame;
      expect(last.error?.code, `cut at ${cut}: ${text}`).to.equal('upstream_interrupted');
      expect(frames.slice(0, -1).some((frame) => frame === 'done' || frame.error !== undefined)).to.equal(
        false,
      );
      expect(stream.startsWith(text.slice(0, text.lastIndexOf('data: {"error"'))), `cut at ${cut}`).to.equal(
        true,
      );
      expect(event.error?.code).to.equal('upstream_interrupted');
    }
    expect(await gateway.events()).to.have.length(cuts.length);
  });

  it('a wall clock that jumps by days, back and forth: no time-out, no negative time, one event each in one chain', async () => {
    let shift = 0;
    const clock = { now: () => Date.now() + shift, monotonic: () => performance.now() };
    const day = 86_400_000;
    const upstream = keep(
      await FakeUpstream.start(async (response, { body }) => {
        shift = [day, -day, 2 * day, -1, 0][Number(/jump (\d)/.exec(body)![1])]!;
        await sleep(10);
        if (!body.includes('"stream":true')) {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(completion('fine'));
          return;
        }
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ role: 'assistant', content: 'fi' }));
        shift = -shift;
        await sleep(10);
        response.end(chunk({ content: 'ne' }) + chunk({}, 'stop') + DONE);
      }),
    );
    const target = { id: 'fake', provider: 'openai', base_url: upstream.url };
    const gateway = keep(await TestGateway.start({ clock, targets: [target] }));
    const texts = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        await sleep(index * 5);
        const answer = await gateway.chat(ask(`jump ${index % 5}`, index % 2 === 0 ? {} : { stream: true }));
        return answer.text();
      }),
    );
    for (const [index, text] of texts.entries()) {
      if (index % 2 === 1) expect(framesOf(text).at(-1)).to.equal('done');
      else expect(JSON.parse(text).choices).to.have.length(1);
    }
    const events = await gateway.events();
    expect(events).to.have.length(60);
    expect(new Set(events.map(({ id }) => id)).size).to.equal(60);
    for (const { latency_ms, timings_ms, status, error } of events) {
      expect([status, error]).to.deep.equal([200, null]);
      expect(latency_ms).to.be.within(0, 5_000);
      for (const ms of Object.values(timings_ms)) expect(ms ?? 0).to.be.within(0, 5_000);
    }
    const report = await verifyPath(`${gateway.stateDir}/spool`);
    expect(report.problems).to.deep.equal([]);
    expect(report.streams).to.have.length(1);
  });

  it('callers who stop reading pause their providers, and memory stays flat', async function () {
    if (process.platform !== 'linux') this.skip();
    const callers = 12;
    const piece = chunk({ content: `${'z'.repeat(32_000)}. ` });
    let written = 0;
    const flood: Script = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let index = 0; index < 1_000; index += 1) {
        written += piece.length;
        if (!response.write(piece)) {
          await new Promise((resolve) => {
            response.removeAllListeners('close').once('close', resolve).once('drain', resolve);
          });
        }
        if (response.destroyed) return;
      }
      response.end(chunk({}, 'stop') + DONE);
    };
    const upstream = keep(await FakeUpstream.start(json(200, completion('warm'))));
    const gateway = new LoneGateway();
    keep({ close: () => gateway.remove() });
    gateway.configure(documentOf(upstream.url, gateway, ALL_KINDS));
    await gateway.start();
    const residentMib = (): number =>
      Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))![1]) / 1024;
    for (let warm = 0; warm < 200; warm += 1) await (await gateway.chat(ask('hi'))).text();
    const before = residentMib();

    upstream.scripts = [flood];
    const body = JSON.stringify(ask('flood', { stream: true }));
    const sockets = Array.from({ length: callers }, () => {
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer ${gateway.key.value}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      // Nothing is ever read.
      socket.pause();
      return socket;
    });
    let last = -1;
    for (let tries = 0; written !== last && tries < 20; tries += 1) {
      last = written;
      await sleep(700);
    }
    const peak = residentMib();
    // The floods are 384 MB; what fits the buffers of the sockets was sent, and no more.
    expect(written, 'the providers go on').to.equal(last);
    expect(written / MIB).to.be.lessThan(callers * 16);
    expect(peak - before, `from ${before.toFixed()} to ${peak.toFixed()} MiB`).to.be.lessThan(128);
    // Others are served meanwhile.
    upstream.scripts = [json(200, completion('still here'))];
    expect((await gateway.chat(ask('hi'))).status).to.equal(200);

    for (const socket of sockets) socket.destroy();
    const gone = async (): Promise<number> =>
      (await gateway.events()).filter(({ error }) => error?.code === 'caller_gone').length;
    for (const end = Date.now() + 10_000; (await gone()) < callers && Date.now() < end; ) await sleep(50);
    expect(await gone()).to.equal(callers);
    expect(await gateway.events()).to.have.length(200 + 1 + callers);
  });
});
