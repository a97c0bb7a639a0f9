import { GatewayError } from '../../errors.ts';
import type { LeafFacts } from '../../policies/kind.ts';
import { Channel, TextUnit } from '../channel.ts';
import type { StreamOptions } from '../dialect.ts';
import type { OutFrame } from '../frame.ts';
import { JsonChannel } from '../json-channel.ts';
import type { Place } from './places.ts';

/** Texts that are remembered as clean, and their length. */
const MAX_CLEAN = 256;
const MAX_CLEAN_LENGTH = 128;

/** Texts of one stream: many choices with many calls of tools, and not what an upstream can invent. */
const MAX_CHANNELS = 4096;

interface Entry {
  channel: Channel;
  place: Place;
}

/** Sends a chunk of our own with this text. */
export type SendText = (text: string, place: Place) => void;

/** All channels of one stream. */
export class Channels {
  readonly #options: StreamOptions;
  readonly #send: SendText;
  readonly #texts = new Map<string, Entry>();
  readonly #json = new Map<string, { choice: number; channel: JsonChannel }>();
  readonly #clean = new Set<string>();
  /** By lane, the text that ends where the next of its lane begins. */
  readonly #heads = new Map<string, Entry>();

  constructor(options: StreamOptions, send: SendText) {
    this.#options = options;
    this.#send = send;
  }

  /** Text of a channel. @returns what stands for it in the frame. @throws what a guard throws */
  text(frame: OutFrame, facts: LeafFacts, text: string, at: Place): TextUnit {
    this.#enter(frame, at);
    let entry = this.#texts.get(at.id);
    if (entry === undefined) {
      this.#checkRoom();
      entry = { channel: this.#open(facts), place: at };
      this.#texts.set(at.id, entry);
    }
    if (at.form === 'head') this.#heads.set(at.lane, entry);
    const unit = new TextUnit(text, [frame]);
    entry.channel.push(unit);
    return unit;
  }

  /** A piece of a text that is known, to be looked at by `pushAll`. @throws what a guard throws */
  piece(frame: OutFrame, text: string, at: Place): TextUnit {
    this.#endHead(at);
    return new TextUnit(text, [frame]);
  }

  /**
   * Looks at pieces of one text.
   * @param before called before the piece is looked at
   * @param after called when it has been
   * @throws what a guard throws, and what the callbacks throw
   */
  pushAll(
    units: readonly TextUnit[],
    { id }: Place,
    before: (index: number) => void,
    after: (index: number) => void,
  ): void {
    const { channel } = this.#texts.get(id)!;
    const clean = units.length > 1 && channel.pushClean(units);
    for (let index = 0; index < units.length; index++) {
      before(index);
      if (!clean) channel.push(units[index]!);
      after(index);
    }
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

  /** The channel of a JSON text in fragments. @throws what a guard throws */
  json(frame: OutFrame, facts: LeafFacts, at: Place): JsonChannel {
    this.#enter(frame, at);
    let entry = this.#json.get(at.id);
    if (entry === undefined) {
      this.#checkRoom();
      const open = (index: number): Channel => this.#open({ ...facts, path: `${facts.path}{${index}}` });
      entry = { choice: at.choice, channel: new JsonChannel(open) };
      this.#json.set(at.id, entry);
    }
    return entry.channel;
  }

  /** Decides all text of a choice, or of every one. @throws what a guard throws */
  close(choice: number | null): void {
    for (const entry of this.#texts.values()) {
      if (choice === null || entry.place.choice === choice) this.#close(entry);
    }
    for (const entry of this.#json.values()) {
      if (choice === null || entry.choice === choice) entry.channel.end();
    }
  }

  /** @throws GatewayError `upstream_invalid` */
  #checkRoom(): void {
    if (this.#texts.size + this.#json.size < MAX_CHANNELS) return;
    throw new GatewayError(
      'upstream_invalid',
      `The stream of the upstream has more than ${MAX_CHANNELS} texts side by side.`,
    );
  }

  #enter(frame: OutFrame, at: Place): void {
    frame.lanes.push(at.lane);
    this.#endHead(at);
  }

  #endHead({ id, lane }: Place): void {
    if (this.#heads.size === 0) return;
    const head = this.#heads.get(lane);
    if (head === undefined || head.place.id === id) return;
    this.#heads.delete(lane);
    this.#close(head);
  }

  #close({ channel, place }: Entry): void {
    const added = channel.close();
    if (added !== '' && place.steps.length > 0) this.#send(added, place);
  }

  #open(facts: LeafFacts): Channel {
    return new Channel(facts, (leaf) => this.#options.channel(leaf));
  }
}
