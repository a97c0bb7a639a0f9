import type { JsonNode } from '../json/node.ts';
import { Channel, TextUnit } from './channel.ts';
import type { ChannelGuard } from './dialect.ts';
import type { OutFrame } from './frame.ts';
import { TextLiteral } from './text-literal.ts';

/** A text in fragments that waits until all of it is there, and then leaves as it came or as another. */
export class HeldText {
  #text = '';
  /** What it is to be. */
  #result: string | null = null;
  readonly #channel: Channel;

  constructor() {
    const guard: ChannelGuard = {
      push: () => ({ text: '', held: this.#text.length }),
      end: () => this.#result ?? this.#text,
    };
    this.#channel = new Channel({ phase: 'output', path: '', part: 'other' }, () => guard);
  }

  get text(): string {
    return this.#text;
  }

  /** A fragment that waits for nothing. */
  note(fragment: string): void {
    this.#text += fragment;
  }

  /** A fragment, given with its literal in the frame's data. */
  push(frame: OutFrame, { start, end }: Pick<JsonNode, 'start' | 'end'>, fragment: string): void {
    this.#text += fragment;
    const unit = new TextUnit(fragment, [frame]);
    frame.add(new TextLiteral(unit, start, end));
    this.#channel.push(unit);
  }

  /** Lets it go. */
  release(result: string): void {
    this.#result = result;
    this.#channel.close();
  }
}
