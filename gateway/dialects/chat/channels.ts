import type { LeafFacts } from '../../policies/kind.ts';
import { Channel, TextUnit } from '../channel.ts';
import type { StreamOptions } from '../dialect.ts';
import type { OutFrame } from '../frame.ts';
import { JsonChannel } from '../json-channel.ts';

/**
 * Frames with text in another channel of the same choice that may wait behind a channel's held end. Models do not go
 * back and forth within one choice, so a held end usually waits for the next channel to finish; past this many frames
 * it is decided, and what follows need not wait. A match that a later return to the channel completes is then
 * masked only from there on.
 */
const PATIENCE = 8;
/** The same for text of other choices, which do alternate. */
const PATIENCE_CHOICES = 256;

interface Entry {
  choice: number;
  channel: Channel;
}

/** All channels of one stream. */
export class Channels {
  readonly #options: StreamOptions;
  readonly #texts = new Map<string, Entry>();
  readonly #json = new Map<string, { choice: number; channel: JsonChannel }>();
  /** Channels that hold text now. */
  readonly #holding = new Map<Channel, number>();
  /** Choices and channels that the frame being read has text in. */
  #touched = new Map<Channel, number>();
  #choices = new Set<number>();

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  /** Text of a channel. The unit that stands for it in the frame. @throws what a guard throws */
  text(frame: OutFrame, id: string, choice: number, facts: LeafFacts, text: string): TextUnit {
    let entry = this.#texts.get(id);
    if (entry === undefined) {
      entry = { choice, channel: this.#open(facts) };
      this.#texts.set(id, entry);
    }
    const unit = new TextUnit(text, [frame]);
    entry.channel.push(unit);
    this.#touch(entry.channel, choice);
    return unit;
  }

  /** Text that is decided at once; the channel remembers its end. @throws what a guard throws */
  whole(frame: OutFrame, id: string, choice: number, facts: LeafFacts, text: string): TextUnit {
    const unit = this.text(frame, id, choice, facts, text);
    this.#texts.get(id)!.channel.close();
    return unit;
  }

  /** A text on its own. @throws what a guard throws */
  once(frame: OutFrame, facts: LeafFacts, text: string): TextUnit {
    const channel = this.#open(facts);
    const unit = new TextUnit(text, [frame]);
    channel.push(unit);
    channel.close();
    return unit;
  }

  /** The channel of a JSON text in fragments. */
  json(id: string, choice: number, facts: LeafFacts): JsonChannel {
    let entry = this.#json.get(id);
    if (entry === undefined) {
      const channel = new JsonChannel((index) => {
        const string = this.#open({ ...facts, path: `${facts.path}{${index}}` });
        this.#touch(string, choice);
        return string;
      });
      entry = { choice, channel };
      this.#json.set(id, entry);
    }
    const { current } = entry.channel;
    if (current === null) this.#choices.add(choice);
    else this.#touch(current, choice);
    return entry.channel;
  }

  /** Decides all text of a choice, or of every one. @throws what a guard throws */
  close(choice: number | null): void {
    for (const entry of this.#texts.values()) {
      if (choice === null || entry.choice === choice) entry.channel.close();
    }
    for (const entry of this.#json.values()) {
      if (choice === null || entry.choice === choice) entry.channel.end();
    }
  }

  /** A frame was read: channels that hold text and wait too long are decided. @throws what a guard throws */
  frameDone(): void {
    for (const [channel, choice] of this.#holding) {
      if (!channel.holds) this.#holding.delete(channel);
      else if (!this.#touched.has(channel)) this.#wait(channel, choice);
    }
    for (const [channel, choice] of this.#touched) if (channel.holds) this.#holding.set(channel, choice);
    if (this.#touched.size > 0) this.#touched = new Map();
    if (this.#choices.size > 0) this.#choices = new Set();
  }

  #wait(channel: Channel, choice: number): void {
    if (this.#choices.size === 0) return;
    channel.idle += this.#choices.has(choice) ? PATIENCE_CHOICES / PATIENCE : 1;
    if (channel.idle > PATIENCE_CHOICES) channel.close();
  }

  #open(facts: LeafFacts): Channel {
    return new Channel(facts, (leaf) => this.#options.channel(leaf));
  }

  #touch(channel: Channel, choice: number): void {
    this.#touched.set(channel, choice);
    this.#choices.add(choice);
  }
}
