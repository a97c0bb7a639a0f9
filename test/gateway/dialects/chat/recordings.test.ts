import { expect } from 'chai';
import { chat } from '../../../../gateway/dialects/chat/dialect.ts';
import type {
  AnswerStream,
  StreamOptions,
  ToolCallJudge,
  Usage,
} from '../../../../gateway/dialects/dialect.ts';
import { dice, holder, maskSsn, options, passAll, ssnGuard } from './guards.ts';
import { type Recording, readRecordings } from './recordings.ts';

interface Chunk {
  model?: string;
  choices?: { index: number; finish_reason?: string | null }[];
  usage?: Record<string, number> & Record<string, Record<string, number>>;
}

/** Sends a stream through, cut at these places; byte by byte without. */
function through(
  bytes: Buffer,
  streamOptions: StreamOptions,
  cuts?: readonly number[],
): { out: Buffer; stream: AnswerStream } {
  const stream = chat.openStream(streamOptions);
  const at = cuts ?? Array.from({ length: Math.max(0, bytes.length - 1) }, (_, i) => i + 1);
  const out: Buffer[] = [];
  let from = 0;
  for (const to of [...at, bytes.length]) {
    out.push(stream.push(bytes.subarray(from, to)));
    from = to;
  }
  out.push(stream.end());
  return { out: Buffer.concat(out), stream };
}

function chunksOf(bytes: Buffer): Chunk[] {
  return bytes
    .toString()
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Chunk);
}

/** The classes must add up to what the vendor counted, whose own sum says where reasoning is. */
function expectUsage(usage: Usage | null, raw: Chunk['usage']): void {
  if (raw === undefined || raw === null) {
    expect(usage).to.equal(null);
    return;
  }
  const { input, cached_input, cache_write, audio_input, output, reasoning, audio_output } = usage!;
  expect(input + cached_input + cache_write + audio_input).to.equal(raw['prompt_tokens']);
  expect(input + cached_input + cache_write + audio_input + output + reasoning + audio_output).to.equal(
    raw['total_tokens'],
  );
  expect(reasoning).to.equal(raw['completion_tokens_details']?.['reasoning_tokens'] ?? 0);
  expect(cached_input).to.equal(raw['prompt_tokens_details']?.['cached_tokens'] ?? 0);
}

describe('chat recordings', function () {
  this.timeout(60_000);
  let answers: Recording[] = [];
  let streams: Recording[] = [];
  let errors: Recording[] = [];

  before(function () {
    const corpus = process.env['KT_CORPUS_DIR'];
    if (corpus === undefined) this.skip();
    ({ answers, streams, errors } = readRecordings(corpus));
    expect(answers.length).to.be.at.least(19);
    expect(streams.length).to.be.at.least(13);
    expect(errors.length).to.be.at.least(3);
  });

  it('reads every answer and gives it back, with its model, reasons and usage', () => {
    for (const { name, bytes } of answers) {
      const answer = chat.readAnswer(bytes);
      const raw = JSON.parse(bytes.toString()) as Chunk;
      expect(answer.withEdits([]).equals(bytes), name).to.equal(true);
      expect(answer.model, name).to.equal(raw.model);
      expect(answer.finishReasons, name).to.deep.equal(raw.choices!.map((choice) => choice.finish_reason));
      expectUsage(answer.usage, raw.usage);
      const same = answer.leaves.map(({ ref, text }) => ({ ref, text }));
      expect(JSON.parse(answer.withEdits(same).toString()), name).to.deep.equal(raw);
    }
  });

  it('reads the error bodies', () => {
    for (const { name, bytes } of errors) {
      const answer = chat.readAnswer(bytes);
      expect(answer.withEdits([]).equals(bytes), name).to.equal(true);
      expect(
        answer.leaves.map((leaf) => leaf.path),
        name,
      ).to.include('error.message');
    }
  });

  it('gives every stream back byte for byte, with its model, reasons and usage', () => {
    for (const { name, bytes } of streams) {
      const { out, stream } = through(bytes, options(passAll), []);
      expect(out.equals(bytes), name).to.equal(true);
      const chunks = chunksOf(bytes);
      expect(stream.model, name).to.equal(chunks.find((chunk) => (chunk.model ?? '') !== '')?.model);
      const reasons = chunks
        .flatMap((chunk) => chunk.choices ?? [])
        .flatMap((choice) => choice.finish_reason ?? []);
      expect(stream.finishReasons, name).to.deep.equal(reasons);
      expectUsage(stream.usage, chunks.findLast((chunk) => chunk.usage != null)?.usage);
      expect(stream.started, name).to.equal(stream.outputBytes > 0);
    }
  });

  it('gives every stream back cut at each byte, whatever guards hold', () => {
    for (const { name, bytes } of streams) {
      expect(through(bytes, options(passAll)).out.equals(bytes), name).to.equal(true);
      expect(through(bytes, options(ssnGuard)).out.equals(bytes), `${name}, check`).to.equal(true);
      for (let seed = 1; seed <= 3; seed++) {
        const roll = dice(seed);
        const { out } = through(
          bytes,
          options(() => holder(roll)),
        );
        expect(out.equals(bytes), `${name}, holding, seed ${seed}`).to.equal(true);
      }
    }
  });

  it('gives every stream back while whole tool calls are judged, each with all that the vendor sent of it', () => {
    let calls = 0;
    for (const { name, bytes } of streams) {
      for (const holds of [true, false]) {
        const seen: string[] = [];
        const toolCalls: ToolCallJudge = {
          holds,
          begun: () => undefined,
          judge: (call) => {
            seen.push(`${call.owner} ${call.id} ${call.name.text} ${call.arguments.text}`);
            return [];
          },
          tooMuch: () => expect.fail(name),
        };
        for (const cuts of [[], undefined]) {
          seen.length = 0;
          const { out } = through(bytes, options(ssnGuard, { toolCalls }), cuts);
          expect(out.equals(bytes), name).to.equal(true);
          expect(seen, name).to.deep.equal(callsOf(bytes));
          calls += seen.length;
        }
      }
    }
    expect(calls).to.be.at.least(4);
  });

  it('gives small streams back for each single cut', () => {
    for (const { name, bytes } of streams.filter((stream) => stream.bytes.length < 4096)) {
      for (let cut = 1; cut < bytes.length; cut++) {
        const { out } = through(bytes, options(ssnGuard), [cut]);
        expect(out.equals(bytes), `${name} cut at ${cut}`).to.equal(true);
      }
    }
  });

  it('takes out the chunk with nothing but usage, and no other', () => {
    for (const { name, bytes } of streams) {
      const { out, stream } = through(bytes, options(passAll, { dropUsageChunk: true }), []);
      const kept = chunksOf(bytes).filter((chunk) => !(chunk.choices?.length === 0 && chunk.usage));
      expect(chunksOf(out), name).to.deep.equal(kept);
      expectUsage(stream.usage, chunksOf(bytes).findLast((chunk) => chunk.usage != null)?.usage);
    }
  });

  it('masks in a recorded stream what it masks in the whole answer', () => {
    let masked = 0;
    for (const { name, bytes } of streams) {
      // Each recording gets a number at the border of its first two texts, cut as the vendor cut them.
      let place = 0;
      const planted = bytes.toString().replace(/("content":")([^"\\]+)(?=")/g, (whole, field, text) => {
        place++;
        if (place === 1) return `${field}${text} 123-45-`;
        return place === 2 ? `${field}6789 ${text}` : whole;
      });
      const { out } = through(Buffer.from(planted), options(ssnGuard));
      const text = textOf(out);
      expect(text, name).to.equal(maskSsn(textOf(Buffer.from(planted))));
      if (text.includes('[SSN]')) masked++;
    }
    expect(masked).to.be.at.least(6);
  });
});

/** The calls that a client puts together. */
function callsOf(bytes: Buffer): string[] {
  const calls = new Map<string, { id: string | undefined; name: string; args: string }>();
  for (const choice of chunksOf(bytes).flatMap((chunk) => chunk.choices ?? [])) {
    const { delta } = choice as { delta?: { tool_calls?: Record<string, unknown>[] | null } };
    for (const [at, part] of (delta?.tool_calls ?? []).entries()) {
      const key = `${choice.index} ${part['index'] ?? at}`;
      const { name = '', arguments: args = '' } = (part['function'] ?? {}) as Record<string, string | null>;
      const call = calls.get(key) ?? { id: part['id'] as string | undefined, name: '', args: '' };
      calls.set(key, { ...call, name: call.name + (name ?? ''), args: call.args + (args ?? '') });
    }
  }
  return [...calls].map(([key, { id, name, args }]) => `${key.split(' ')[0]} ${id} ${name} ${args}`);
}

function textOf(bytes: Buffer): string {
  const deltas = chunksOf(bytes).flatMap((chunk) => chunk.choices ?? []) as unknown as {
    delta?: { content?: unknown };
  }[];
  return deltas.map(({ delta }) => (typeof delta?.content === 'string' ? delta.content : '')).join('');
}
