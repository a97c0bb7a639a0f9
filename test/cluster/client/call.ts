import OpenAI, { APIError } from 'openai';

export interface Call {
  /** With `/v1`. */
  baseUrl: string;
  model: string;
  content: string;
  /** The caller's `x-request-id`. */
  id: string;
  key?: string;
  stream?: boolean;
}

export interface Answer {
  /** 0 where no answer came. */
  status: number;
  text: string;
  decision: string | null;
  eventId: string | null;
  /** The code of a refusal. */
  code: string | null;
}

/** One call by the official SDK, which does not try again. */
export async function call({ baseUrl, model, content, id, key, stream = false }: Call): Promise<Answer> {
  const client = new OpenAI({
    baseURL: baseUrl,
    apiKey: key ?? 'no-key',
    maxRetries: 0,
    timeout: 30_000,
    // A header that says null is not sent.
    defaultHeaders: { 'x-request-id': id, ...(key === undefined ? { authorization: null } : {}) },
  });
  const ask = { model, messages: [{ role: 'user' as const, content }] };
  try {
    const sent = stream
      ? await client.chat.completions.create({ ...ask, stream: true }).withResponse()
      : await client.chat.completions.create(ask).withResponse();
    const { headers, status } = sent.response;
    let text = '';
    if (Symbol.asyncIterator in sent.data)
      for await (const chunk of sent.data) text += chunk.choices[0]?.delta.content ?? '';
    else text = sent.data.choices[0]?.message.content ?? '';
    return { status, text, code: null, ...told(headers) };
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    const { status = 0, message, headers, code } = error;
    return { status, text: message, code: code ?? null, ...told(headers) };
  }
}

function told(headers: Headers | undefined): Pick<Answer, 'decision' | 'eventId'> {
  return {
    decision: headers?.get('x-keeptrusts-decision') ?? null,
    eventId: headers?.get('x-keeptrusts-event-id') ?? null,
  };
}
