import { request } from 'node:http';
import { partOf, type Upstream } from './upstream.ts';

export interface StreamsOrder {
  /** One stream for each, with `/v1`. */
  streams: readonly { id: string; baseUrl: string }[];
  content: string;
  key?: string;
}

export interface StreamState {
  id: string;
  /** 0 where no answer came. */
  status: number;
  eventId: string | null;
  isOpen: boolean;
  /** It came to its end, with everything that the provider sent for it, and nothing else after the text. */
  whole: boolean;
  /** Parts that the provider sent beyond the text. */
  parts: number;
  /** The code of the error that it ended with. */
  code: string | null;
  /** Milliseconds since the epoch when it ended; null while it is open. */
  endedAt: number | null;
  /** The end of what arrived, for people. */
  tail: string;
}

interface Open {
  status: number;
  eventId: string | null;
  text: string;
  complete: boolean;
  endedAt: number | null;
}

const DONE = 'data: [DONE]\n\n';
/** Characters of a tail. */
const TAIL = 300;

/** Streams of the model `held`, each on a connection of its own, that stay open until the provider is told to end them. */
export class Streams {
  readonly #upstream: Pick<Upstream, 'parts'>;
  readonly #known = new Map<string, Open>();

  /** @param upstream the provider that they end up at, which knows what it sent */
  constructor(upstream: Pick<Upstream, 'parts'>) {
    this.#upstream = upstream;
  }

  /** Resolves when something of each has arrived, or it has failed. */
  async open({ streams, content, key }: StreamsOrder): Promise<StreamState[]> {
    await Promise.all(streams.map((one) => this.#begin(one, content, key)));
    return this.look(streams.map(({ id }) => id));
  }

  look(ids: readonly string[]): StreamState[] {
    return ids.map((id) => this.#stateOf(id, this.#known.get(id)!));
  }

  #begin({ id, baseUrl }: StreamsOrder['streams'][number], content: string, key?: string): Promise<void> {
    const open: Open = { status: 0, eventId: null, text: '', complete: false, endedAt: null };
    this.#known.set(id, open);
    const messages = [{ role: 'user', content: `${content} (request ${id})` }];
    const body = JSON.stringify({ model: 'held', stream: true, messages });
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-request-id': id,
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    };
    return new Promise((begun) => {
      const end = (): void => {
        open.endedAt ??= Date.now();
        begun();
      };
      const options = { method: 'POST', agent: false as const, headers };
      const call = request(`${baseUrl}/chat/completions`, options, (answer) => {
        open.status = answer.statusCode ?? 0;
        const { 'x-keeptrusts-event-id': eventId } = answer.headers;
        open.eventId = typeof eventId === 'string' ? eventId : null;
        answer.setEncoding('utf8').on('data', (part: string) => {
          open.text += part;
          begun();
        });
        answer.once('error', () => {});
        answer.once('close', () => {
          open.complete = answer.complete;
          end();
        });
      });
      call.once('error', ({ message }) => {
        open.text += message;
        end();
      });
      call.end(body);
    });
  }

  #stateOf(id: string, { status, eventId, text, complete, endedAt }: Open): StreamState {
    const parts = this.#upstream.parts.get(id) ?? 0;
    const sent = Array.from({ length: parts }, (_, index) => partOf(index + 1)).join('');
    const { content, code } = readFrames(text);
    return {
      ...{ id, status, eventId, parts, code, endedAt },
      isOpen: endedAt === null,
      whole: complete && status === 200 && text.endsWith(DONE) && content.endsWith(`(request ${id})${sent}`),
      tail: text.slice(-TAIL),
    };
  }
}

/** The text of whole frames, and the code of an error among them. */
function readFrames(text: string): { content: string; code: string | null } {
  let content = '';
  let code: string | null = null;
  for (const [, data] of text.matchAll(/^data: (\{.*\})$/gm)) {
    const { choices, error } = JSON.parse(data!) as {
      choices?: { delta?: { content?: string } }[];
      error?: { code?: string };
    };
    content += choices?.[0]?.delta?.content ?? '';
    code = error?.code ?? code;
  }
  return { content, code };
}
