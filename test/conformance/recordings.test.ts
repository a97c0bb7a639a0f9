import { expect } from 'chai';
import { NOT_RUN } from '../../gateway/pipeline/reasons.ts';
import { ask } from '../fakes/gateway.ts';
import { documentOf, LoneGateway, type RecordedEvent } from '../fakes/lone-gateway.ts';
import { FakeUpstream, json, sse } from '../fakes/upstream.ts';
import { dice } from '../gateway/dialects/chat/guards.ts';
import { type Recording, readRecordings } from '../gateway/dialects/chat/recordings.ts';
import { ALL_KINDS } from './all-kinds.ts';

interface RawUsage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: { cached_tokens?: number } | null;
  completion_tokens_details?: { reasoning_tokens?: number } | null;
}
interface RawChunk {
  model?: string;
  choices?: { finish_reason?: string | null }[];
  usage?: RawUsage | null;
}

/** Each stream is cut in this many ways, at up to so many places. */
const CUTTINGS = 3;
const MAX_CUTS = 60;

/** Pieces of the bytes, cut where the dice say, also within a character. */
function cutAtRandom(bytes: Buffer, seed: number): Buffer[] {
  const roll = dice(seed);
  const count = 1 + (roll() % MAX_CUTS);
  const cuts = Array.from({ length: count }, () => roll() % bytes.length).sort((a, b) => a - b);
  return [...cuts, bytes.length]
    .map((end, index) => bytes.subarray(cuts[index - 1] ?? 0, end))
    .filter((piece) => piece.length > 0);
}

const chunksOf = (bytes: Buffer): RawChunk[] =>
  bytes
    .toString()
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:') && line.includes('{'))
    .map((line) => JSON.parse(line.slice('data:'.length)) as RawChunk);

function expectEvent(event: RecordedEvent, chunks: readonly RawChunk[], name: string): void {
  expect(event, name).to.include({
    status: 200,
    verdict: 'allow',
    error: null,
    degraded: false,
    kind: 'decision',
  });
  // A kind that finds no text of its sort in an answer of tool calls says so; the audit logger is the record itself.
  for (const { kind, phases } of event.entries) {
    for (const { outcome, reason } of phases) {
      const quiet =
        outcome === 'no_findings' || [NOT_RUN.noText, NOT_RUN.nothing].some((why) => why === reason);
      expect(quiet, `${name}: ${kind} ${outcome} ${reason}`).to.equal(true);
    }
  }
  expect(new Set(event.entries.map(({ kind }) => kind)), name).to.deep.equal(new Set(ALL_KINDS.chain));
  expect(event.model, name).to.equal(chunks.find(({ model }) => (model ?? '') !== '')?.model);
  const reasons = chunks
    .flatMap(({ choices }) => choices ?? [])
    .flatMap(({ finish_reason }) => finish_reason ?? []);
  expect(event.finish_reasons, name).to.deep.equal(reasons);
  const raw = chunks.findLast(({ usage }) => usage != null)?.usage;
  if (raw == null) {
    expect(event.usage, name).to.include({ source: 'estimated' });
    return;
  }
  const { source, input, cached_input, cache_write, audio_input, output, reasoning, audio_output } =
    event.usage!;
  const prompt = input + cached_input + cache_write + audio_input;
  expect(source, name).to.equal('provider');
  expect(prompt, name).to.equal(raw.prompt_tokens);
  expect(prompt + output + reasoning + audio_output, name).to.equal(raw.total_tokens);
  expect(cached_input, name).to.equal(raw.prompt_tokens_details?.cached_tokens ?? 0);
  expect(reasoning, name).to.equal(raw.completion_tokens_details?.reasoning_tokens ?? 0);
}

describe('recordings of providers through a gateway with all kinds enforcing', function () {
  this.timeout(90_000);
  let recorded: { answers: Recording[]; streams: Recording[]; errors: Recording[] };
  let upstream: FakeUpstream;
  let gateway: LoneGateway | null = null;

  before(async function () {
    const corpus = process.env['KT_CORPUS_DIR'];
    if (corpus === undefined) this.skip();
    recorded = readRecordings(corpus);
    upstream = await FakeUpstream.start(json(500, ''));
    gateway = new LoneGateway();
    gateway.configure(documentOf(upstream.url, gateway, ALL_KINDS));
    await gateway.start();
  });
  after(async () => {
    if (gateway === null) return;
    await gateway.remove();
    await upstream.close();
  });

  /** Asks once; the bytes that came, and the event. */
  async function through(
    name: string,
    more: object,
  ): Promise<{ answer: Response; bytes: Buffer; event: RecordedEvent }> {
    const answer = await gateway!.chat(ask(`as recorded in ${name}`, more));
    const bytes = Buffer.from(await answer.arrayBuffer());
    const found = await gateway!.admin(`/v1/events/${answer.headers.get('x-keeptrusts-event-id')}`);
    return { answer, bytes, event: (await found.json()) as RecordedEvent };
  }

  it('gives answers back byte for byte, with the right model, reason and usage on the event', async () => {
    expect(recorded.answers.length).to.be.at.least(19);
    for (const { name, bytes } of recorded.answers) {
      upstream.scripts = [json(200, bytes.toString())];
      const got = await through(name, {});
      expect(got.answer.status, name).to.equal(200);
      expect(got.bytes.equals(bytes), name).to.equal(true);
      expectEvent(got.event, [JSON.parse(bytes.toString()) as RawChunk], name);
    }
  });

  it('gives streams back byte for byte, however they are cut', async () => {
    expect(recorded.streams.length).to.be.at.least(13);
    for (const { name, bytes } of recorded.streams) {
      for (let seed = 1; seed <= CUTTINGS; seed += 1) {
        const what = `${name}, cutting ${seed}`;
        upstream.scripts = [sse(cutAtRandom(bytes, seed))];
        const got = await through(name, { stream: true, stream_options: { include_usage: true } });
        expect(got.answer.headers.get('content-type'), what).to.match(/^text\/event-stream\b/);
        expect(got.bytes.equals(bytes), what).to.equal(true);
        expectEvent(got.event, chunksOf(bytes), what);
        expect(JSON.parse(upstream.last.body), what).to.deep.include({
          stream_options: { include_usage: true },
        });
      }
    }
  });

  it('gives refusals of a provider back byte for byte', async () => {
    expect(recorded.errors.length).to.be.at.least(3);
    for (const { name, bytes } of recorded.errors) {
      upstream.scripts = [json(400, bytes.toString())];
      const got = await through(name, {});
      expect(got.answer.status, name).to.equal(400);
      expect(got.bytes.equals(bytes), name).to.equal(true);
      expect(got.event, name).to.include({ status: 400, verdict: 'allow' });
    }
  });
});
