import { setTimeout as delay } from 'node:timers/promises';

/** What a provider needs of an HTTP exchange. */
export interface Exchange {
  authorization: string;
  body: string;
  begin(status: number, type: string): void;
  write(text: string): void;
  end(text: string): void;
}

/** Milliseconds between the parts of a stream, by model. */
const PAUSE_MS: Readonly<Record<string, number>> = { slow: 250 };
const OTHERS_PAUSE_MS = 10;

/** A provider that speaks the OpenAI API: it answers with the last text that it received. */
export class Upstream {
  /** The only credential that it takes; any where it is null. */
  key: string | null = null;
  /** Chat completions that arrived, right credential or not. */
  received = 0;
  /** Requests by the ids that their texts end with. */
  readonly dispatched = new Set<string>();

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
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
    chunk({ choices: [], usage });
    exchange.end('data: [DONE]\n\n');
  }
}
