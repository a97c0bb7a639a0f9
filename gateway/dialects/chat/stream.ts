import { Buffer } from 'node:buffer';
import { GatewayError } from '../../errors.ts';
import { ARRAY, type JsonNode, member, NULL, OBJECT } from '../../json/node.ts';
import { readJson } from '../../json/read.ts';
import type { AnswerStream, SkippedLeaf, StreamOptions, Usage } from '../dialect.ts';
import { OutFrame } from '../frame.ts';
import { FrameQueue } from '../frame-queue.ts';
import { dataFrame, otherLines, type SseFrame, SseReader } from '../sse.ts';
import { readFinishReasons, readModel, readUpstream } from './answer.ts';
import { Channels } from './channels.ts';
import { ChunkReader } from './chunk.ts';
import { Envelope } from './envelope.ts';
import { FormRun } from './form-run.ts';
import { deltaWith, type Place } from './places.ts';
import { StreamCalls } from './stream-calls.ts';
import { readUsage } from './usage.ts';

/** Bytes of frames that may wait: where an entry needs the whole text, all of an answer's do. */
const MAX_HELD_BYTES = 16 * 2 ** 20;

const BLANK = Buffer.from('\n\n');

/** One streamed answer: frames in, frames out, each delayed until its text is decided. */
export class ChatStream implements AnswerStream {
  readonly #options: StreamOptions;
  readonly #sse: SseReader;
  readonly #queue: FrameQueue;
  readonly #channels: Channels;
  readonly #calls: StreamCalls | null;
  readonly #chunks: ChunkReader;
  readonly #run: FormRun;
  readonly #reasons = new Map<number, string>();
  readonly #envelope = new Envelope();
  #model: string | null = null;
  #usage: Usage | null = null;
  /** End markers, which leave when the upstream has ended. */
  readonly #terminators: OutFrame[] = [];
  #terminated = false;
  #rest: readonly Buffer[] = [];
  #failed = false;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#sse = new SseReader(options.maxFrameBytes);
    const maxHeld = options.maxHeldBytes ?? MAX_HELD_BYTES;
    this.#queue = new FrameQueue(maxHeld);
    this.#channels = new Channels(options, (text, place) => this.#send(text, place));
    const { toolCalls } = options;
    this.#calls = toolCalls === undefined ? null : new StreamCalls(toolCalls, maxHeld / 2);
    this.#chunks = new ChunkReader(this.#channels, this.#calls);
    this.#run = new FormRun(this.#chunks, this.#channels);
  }

  push(chunk: Buffer): Buffer {
    const whole = this.#queue.length === 0 && this.#sse.open === 0;
    const frames: SseFrame[] = [];
    const out: OutFrame[] = [];
    const leave = (frame: OutFrame): void => this.#queue.pass(frame, out);
    const read = (): void => {
      for (const frame of frames) {
        const beside = otherLines(frame);
        if (beside === '' && this.#run.take(frame)) continue;
        this.#run.flush(leave);
        this.#read(frame, beside);
        this.#queue.take(out);
      }
      this.#run.flush(leave);
    };
    try {
      try {
        this.#sse.push(chunk, frames);
      } finally {
        read();
      }
    } catch (error) {
      this.#rest = out.map((frame) => frame.render());
      throw error;
    }
    if (whole && this.#sse.open === 0 && this.#queue.length === 0 && isSame(frames, out)) return chunk;
    return out.length === 1 ? out[0]!.render() : Buffer.concat(out.map((frame) => frame.render()));
  }

  end(): Buffer {
    const out: OutFrame[] = [];
    const last = this.#sse.end();
    if (last !== null && !(this.complete && isFragment(last))) this.#readLast(last);
    if (!this.complete && !this.#failed) {
      throw new GatewayError(
        'upstream_interrupted',
        'The stream of the upstream ended before the answer did.',
      );
    }
    this.#close(null);
    for (const frame of this.#terminators.splice(0)) frame.waiting--;
    this.#queue.take(out);
    return Buffer.concat(
      out
        .map((frame) => frame.render())
        .flatMap((raw, at) => (at < out.length - 1 && isOpen(raw) ? [raw, BLANK] : [raw])),
    );
  }

  get rest(): Buffer {
    return Buffer.concat(this.#rest);
  }

  get complete(): boolean {
    return this.#terminated || this.#finished();
  }

  get model(): string | null {
    return this.#model;
  }

  get usage(): Usage | null {
    return this.#usage;
  }

  get finishReasons(): readonly string[] {
    return [...this.#reasons.entries()].sort(([a], [b]) => a - b).map(([, reason]) => reason);
  }

  get skipped(): readonly SkippedLeaf[] {
    return this.#chunks.skipped;
  }

  get scannedBytes(): number {
    return this.#chunks.scannedBytes;
  }

  get outputBytes(): number {
    return this.#chunks.outputBytes;
  }

  get started(): boolean {
    return this.#chunks.outputBytes > 0;
  }

  /** @param beside what stands in the event beside its data */
  #read(given: SseFrame, beside: string): void {
    const frame = beside === '' || this.#chunks.isClean(given, beside) ? given : dataFrame(given.data ?? '');
    if (frame !== given && given.data === null) return;
    if (frame.data === null || frame.data.trim() === '') {
      this.#queue.push(new OutFrame(frame));
      return;
    }
    if (frame.data.trim() === '[DONE]') {
      this.#close(null);
      this.#terminated = true;
      const out = new OutFrame(frame);
      // The last frame leaves when the upstream has ended, so that the record of the request can be made before it.
      out.waiting++;
      out.last = true;
      this.#terminators.push(out);
      this.#queue.push(out);
      return;
    }
    const data = frame.data;
    const document = readUpstream(() => readJson(data), 'An event of the stream');
    const out = new OutFrame(frame);
    const form = this.#chunks.read(document, out);
    this.#envelope.read(document);
    this.#model ??= readModel(document);
    const usage = readUsage(document);
    if (usage !== null) this.#usage = usage;
    for (const { choice, reason } of readFinishReasons(document)) {
      this.#reasons.set(choice, reason);
      out.walls.push(choice);
      this.#close(choice);
    }
    const error = member(document.root, 'error');
    if (error !== null && error.kind !== NULL) {
      this.#close(null);
      this.#failed = true;
    }
    // What says more than its text is read anew each time.
    if (form !== null && usage === null && out.walls.length === 0 && error === null) this.#run.learn(form);
    if (!(this.#options.dropUsageChunk && isUsageChunk(document.root))) this.#queue.push(out);
  }

  /** Decides all text of a choice, or of every one. @throws what a guard or the judge of calls throws */
  #close(choice: number | null): void {
    this.#channels.close(choice);
    this.#calls?.close(choice);
  }

  /** A chunk of our own, before the one that is being read. */
  #send(text: string, place: Place): void {
    const { choice, lane } = place;
    const raw = Buffer.from(`data: ${this.#envelope.chunk(choice, deltaWith(text, place))}\n\n`);
    const out = new OutFrame({ raw, size: raw.length, data: null, ranges: [] });
    out.choices.push(choice);
    out.lanes.push(lane);
    this.#queue.push(out);
  }

  /** An event without its blank line: whole, or the trace of an interruption. */
  #readLast(frame: SseFrame): void {
    try {
      this.#read(frame, otherLines(frame));
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'upstream_invalid') throw error;
      throw new GatewayError('upstream_interrupted', 'The stream of the upstream ended within an event.', {
        cause: error,
      });
    }
  }

  /** Every choice that had text has its finish reason. */
  #finished(): boolean {
    if (this.#reasons.size === 0) return false;
    for (const choice of this.#chunks.choices) if (!this.#reasons.has(choice)) return false;
    return true;
  }
}

/** Whether the event has no blank line at its end: the last one may have none. */
function isOpen(raw: Buffer): boolean {
  return !/(?:\n\n|\r\r\n?|\n\r\n?)$/.test(raw.toString('latin1', Math.max(0, raw.length - 3)));
}

/**
 * Whether an event without its blank line is the beginning of one that was cut off. Readers of server-sent events
 * throw such a one away; behind a whole answer it is not worth an error either.
 */
function isFragment({ raw, data }: SseFrame): boolean {
  const text = raw.toString('utf8').trim();
  if (text === '' || text.startsWith(':') || data?.trim() === '[DONE]') return false;
  if (data === null) return true;
  try {
    readJson(data);
    return false;
  } catch {
    return true;
  }
}

/** Whether what leaves is what came. */
function isSame(frames: readonly SseFrame[], out: readonly OutFrame[]): boolean {
  return out.length === frames.length && out.every((frame, index) => frame.isAsCame(frames[index]!));
}

/** The chunk that carries nothing but the usage that was asked for. */
function isUsageChunk(root: JsonNode): boolean {
  const choices = member(root, 'choices');
  return choices?.kind === ARRAY && choices.size === 0 && member(root, 'usage')?.kind === OBJECT;
}
