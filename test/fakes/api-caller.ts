export interface ApiAnswer {
  status: number;
  /** `error.code`, and `error.message`. */
  code: string | undefined;
  message: string | undefined;
  body: Record<string, unknown>;
  headers: Headers;
}

/** Calls a control plane as anyone would who has a token. */
export class ApiCaller {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async get(path: string, token: string): Promise<ApiAnswer> {
    return this.#send(path, { headers: { authorization: `Bearer ${token}` } });
  }

  /** Ships records as a gateway does. */
  ship(token: string, stream: string, records: readonly string[], firstSeq = 0): Promise<ApiAnswer> {
    return this.#send('/v1/events', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/x-ndjson',
        'kt-stream': stream,
        'kt-first-seq': String(firstSeq),
        'kt-count': String(records.length),
      },
      body: records.map((record) => `${record}\n`).join(''),
    });
  }

  report(token: string, namespace: string, gateway: string, instance: string): Promise<ApiAnswer> {
    return this.#send(`/v1/gateways/${namespace}/${gateway}/instances/${instance}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ contract: 1, version: 'test', ready: true, targets: [], backlog: 0 }),
    });
  }

  async #send(path: string, init: RequestInit): Promise<ApiAnswer> {
    const answer = await fetch(this.#url + path, init);
    const text = await answer.text();
    const body = text === '' ? {} : JSON.parse(text);
    return {
      status: answer.status,
      code: body.error?.code,
      message: body.error?.message,
      body,
      headers: answer.headers,
    };
  }
}
