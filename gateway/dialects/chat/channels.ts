import type { LeafFacts } from '../../policies/kind.ts';
import { Channel, TextUnit } from '../channel.ts';
import type { StreamOptions } from '../dialect.ts';
import type { OutFrame } from '../frame.ts';
import { JsonChannel } from '../json-channel.ts';
import { deltaWith, type Place } from './places.ts';

/**
 * Frames with text in another channel of the same choice that may wait behind a channel's held end. Models do not go
 * back and forth within one choice, so a held end usually waits for the next channel to finish; past this many frames
 * it is decided, and what follows need not wait. A match that a later return to the channel completes is then
 * masked only from there on.
 */
const PATIENCE = 8;
/** The same for text of other choices, which do alternate. */
const PATIENCE_CHOICES = 256;

/** Texts that are remembered as clean, and their length. */
const MAX_CLEAN = 256;
const MAX_CLEAN_LENGTH = 128;

interface Entry {
  choice: number;
  channel: Channel;
  /** Where text goes that a guard adds after the last frame of the channel has left; `null` where none can. */
  place: Place | null;
}

/** Sends a chunk of our own with this delta. */
export type SendDelta = (choice: number, delta: object) => void;

/** All channels of one stream. */
export class Channels {
  readonly #options: StreamOptions;
  readonly #send: SendDelta;
  readonly #texts = new Map<string, Entry>();
  readonly #json = new Map<string, { choice: number; channel: JsonChannel }>();
  readonly #clean = new Set<string>();
  /** Channels that hold text now. */
  readonly #holding = new Map<Channel, Entry>();
  /** Choices and channels that the frame being read has text in. */
  #touched = new Map<Channel, Entry>();
  #choices = new Set<number>();

  constructor(options: StreamOptions, send: SendDelta) {
    this.#options = options;
    this.#send = send;
  }

  /** Text of a channel. @returns what stands for it in the frame. @throws what a guard throws */
  text(frame: OutFrame, facts: LeafFacts, text: string, at: Place): TextUnit {
    let entry = this.#texts.get(at.id);
    if (entry === undefined) {
      entry = { choice: at.choice, channel: this.#open(facts), place: at.steps.length > 0 ? at : null };
      this.#texts.set(at.id, entry);
    }
    const unit = new TextUnit(text, [frame]);
    entry.channel.push(unit);
    this.#touch(entry);
    return unit;
  }

  /** Text that is decided at once; the channel remembers its end. @throws what a guard throws */
  whole(frame: OutFrame, facts: LeafFacts, text: string, at: Place): TextUnit {
    const unit = this.text(frame, facts, text, at);
    this.#texts.get(at.id)!.channel.close();
    return unit;
  }

  /**
   * A text on its own. Vendors repeat some in every chunk (the name of a host, keys): what was found clean once is
   * not scanned again.
   * @returns `null` when it was clean
   * @throws what a guard throws
   */
  once(frame: OutFrame, facts: LeafFacts, text: string): TextUnit | null {
    const key = `${facts.part} ${facts.path} ${text}`;
    if (this.#clean.has(key)) return null;
    const channel = this.#open(facts);
    const unit = new TextUnit(text, [frame]);
    channel.push(unit);
    channel.close();
    if (unit.edited) return unit;
    if (text.length <= MAX_CLEAN_LENGTH && this.#clean.size < MAX_CLEAN) this.#clean.add(key);
    return null;
  }

  /** The channel of a JSON text in fragments. */
  json(facts: LeafFacts, { id, choice }: Place): JsonChannel {
    let entry = this.#json.get(id);
    if (entry === undefined) {
      const channel = new JsonChannel((index) => {
        const string = this.#open({ ...facts, path: `${facts.path}{${index}}` });
        this.#touch({ choice, channel: string, place: null });
        return string;
      });
      entry = { choice, channel };
      this.#json.set(id, entry);
    }
    const { current } = entry.channel;
    if (current === null) this.#choices.add(choice);
    else this.#touch({ choice, channel: current, place: null });
    return entry.channel;
  }

  /** Decides all text of a choice, or of every one. @throws what a guard throws */
  close(choice: number | null): void {
    for (const entry of this.#texts.values()) {
      if (choice === null || entry.choice === choice) this.#close(entry);
    }
    for (const entry of this.#json.values()) {
      if (choice === null || entry.choice === choice) entry.channel.end();
    }
  }

  /** A frame was read: channels that hold text and wait too long are decided. @throws what a guard throws */
  frameDone(): void {
    for (const [channel, entry] of this.#holding) {
      if (!channel.holds) this.#holding.delete(channel);
      else if (!this.#touched.has(channel)) this.#wait(entry);
    }
    for (const [channel, entry] of this.#touched) if (channel.holds) this.#holding.set(channel, entry);
    if (this.#touched.size > 0) this.#touched = new Map();
    if (this.#choices.size > 0) this.#choices = new Set();
  }

  #wait(entry: Entry): void {
    if (this.#choices.size === 0) return;
    const { channel, choice } = entry;
    channel.idle += this.#choices.has(choice) ? PATIENCE_CHOICES / PATIENCE : 1;
    if (channel.idle > PATIENCE_CHOICES) this.#close(entry);
  }

  #close({ channel, choice, place }: Entry): void {
    const added = channel.close();
    if (added !== '' && place !== null) this.#send(choice, deltaWith(added, place));
  }

  #open(facts: LeafFacts): Channel {
    return new Channel(facts, (leaf) => this.#options.channel(leaf));
  }

  #touch(entry: Entry): void {
    this.#touched.set(entry.channel, entry);
    this.#choices.add(entry.choice);
  }
}
