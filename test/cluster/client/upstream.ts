import { setTimeout as delay } from 'node:timers/promises';

/** What a provider needs of an HTTP exchange. */
export interface Exchange {
  authorization: string;
  body: string;
  begin(status: number, type: string): void;
  write(text: string): void;
  end(text: string): void;
  /** Whether the other side hung up. */
  gone(): boolean;
}

/** Milliseconds between the parts of a stream, by model. */
const PAUSE_MS: Readonly<Record<string, number>> = { slow: 250 };
const OTHERS_PAUSE_MS = 10;
/** A model whose streams go on until somebody ends them, part by part. */
const HELD = 'held';
const HELD_PAUSE_MS = 200;

/** What a stream of `held` says for the n-th time. */
export const partOf = (part: number): string => ` part-${part}`;

/** A provider that speaks the OpenAI API: it answers with the last text that it received. */
export class Upstream {
  /** The only credential that it takes; any where it is null. */
  key: string | null = null;
  /** Chat completions that arrived, right credential or not. */
  received = 0;
  /** Requests by the ids that their texts end with. */
  readonly dispatched = new Set<string>();
  /** Streams of `held` by those ids: how many parts each has sent beyond its text. */
  readonly parts = new Map<string, number>();
  readonly #ended = new Set<string>();

  /** Lets streams of `held` come to their end. */
  finish(ids: readonly string[]): void {
    for (const id of ids) this.#ended.add(id);
  }

  async serve(exchange: Exchange): Promise<void> {
    this.received += 1;
    if (this.key !== null && exchange.authorization !== `Bearer ${this.key}`) {
      exchange.begin(401, 'application/json');
      const error = { message: 'Incorrect API key', type: 'invalid_request_error', code: 'invalid_api_key' };
      return exchange.end(JSON.stringify({ error }));
    }
    const { model, messages, stream } = JSON.parse(exchange.body);
    const text: string = messages.at(-1).content;
    const [, id] = /\(request (\S+)\)$/.exec(text) ?? [];
    if (id !== undefined) this.dispatched.add(id);
    const head = { id: 'chatcmpl-1', created: 1, model };
    const usage = {
      prompt_tokens: text.length,
      completion_tokens: text.length,
      total_tokens: 2 * text.length,
    };
    if (stream !== true) {
      const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: text } }];
      exchange.begin(200, 'application/json');
      return exchange.end(JSON.stringify({ ...head, object: 'chat.completion', choices, usage }));
    }
    exchange.begin(200, 'text/event-stream');
    const chunk = (part: object): void =>
      exchange.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...part })}\n\n`);
    for (const content of text.match(/.{1,8}/gs) ?? []) {
      chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
      await delay(PAUSE_MS[model] ?? OTHERS_PAUSE_MS);
    }
    for (let part = 1; model === HELD && id !== undefined && !this.#ended.has(id); part++) {
      if (exchange.gone()) return;
      chunk({ choices: [{ index: 0, delta: { content: partOf(part) }, finish_reason: null }] });
      this.parts.set(id, part);
      await delay(HELD_PAUSE_MS);
    }
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
    chunk({ choices: [], usage });
    exchange.end('data: [DONE]\n\n');
  }
}
