import type { TextUnit } from '../channel.ts';
import { OutFrame } from '../frame.ts';
import type { SseFrame } from '../sse.ts';
import type { Channels } from './channels.ts';
import type { ChunkReader } from './chunk.ts';
import type { ChunkForm, FormText } from './chunk-form.ts';

/** Chunks of one form that came together: their texts are looked at in one go, where that makes no difference. */
export class FormRun {
  readonly #chunks: ChunkReader;
  readonly #channels: Channels;
  #form: ChunkForm | null = null;
  #frames: OutFrame[] = [];
  #texts: FormText[] = [];
  #units: TextUnit[] = [];

  constructor(chunks: ChunkReader, channels: Channels) {
    this.#chunks = chunks;
    this.#channels = channels;
  }

  /** From here on chunks of this form are taken; nothing may be waiting. */
  learn(form: ChunkForm): void {
    this.#form = form;
  }

  /** @returns whether the chunk was taken, to be looked at by `flush`. @throws what a guard throws */
  take(frame: SseFrame): boolean {
    const form = this.#form;
    if (form === null || frame.data === null) return false;
    const text = form.read(frame.data, frame.ascii === true);
    if (text === null) return false;
    const out = new OutFrame(frame, form);
    this.#units.push(this.#chunks.piece(out, form, text));
    this.#texts.push(text);
    this.#frames.push(out);
    return true;
  }

  /** @param read gets each frame when its text has been looked at. @throws what a guard throws */
  flush(read: (frame: OutFrame) => void): void {
    const form = this.#form;
    if (form === null || this.#frames.length === 0) return;
    const frames = this.#frames;
    const texts = this.#texts;
    const units = this.#units;
    this.#frames = [];
    this.#texts = [];
    this.#units = [];
    this.#channels.pushAll(
      units,
      form.place,
      (index) => this.#chunks.count(form, texts[index]!),
      (index) => read(frames[index]!),
    );
  }
}
