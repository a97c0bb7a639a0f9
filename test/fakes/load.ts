/** One request of a load, as its caller saw it. */
export interface LoadResult {
  /** The `x-request-id` that it was sent with. */
  id: string;
  stream: boolean;
  /** 0 where no answer came. */
  status: number;
  eventId: string | null;
  /** The whole body; null where it broke off. */
  text: string | null;
}

export interface LoadOptions {
  perSecond: number;
  /** Sends one request. Every other one asks for a stream. */
  send(id: string, stream: boolean): Promise<Response>;
  /** Stands before the ids. */
  prefix?: string;
}

/** Requests at a steady rate, whether they are answered or not, until `stop`. */
export class Load {
  readonly results: LoadResult[] = [];
  readonly #options: LoadOptions;
  readonly #open = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  #sent = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#catchUp(), 5);
  }

  get sent(): number {
    return this.#sent;
  }

  /** Sends no more, and waits for what is under way. */
  async stop(): Promise<LoadResult[]> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    return this.results;
  }

  #catchUp(): void {
    const due = ((performance.now() - this.#startedAt) / 1000) * this.#options.perSecond;
    while (this.#sent < due) {
      const one = this.#one(this.#sent++);
      this.#open.add(one);
      void one.then(() => this.#open.delete(one));
    }
  }

  async #one(index: number): Promise<void> {
    const stream = index % 2 === 1;
    const id = `${this.#options.prefix ?? 'load'}-${index}`;
    const result: LoadResult = { id, stream, status: 0, eventId: null, text: null };
    this.results.push(result);
    try {
      const answer = await this.#options.send(id, stream);
      result.status = answer.status;
      result.eventId = answer.headers.get('x-keeptrusts-event-id');
      result.text = await answer.text();
    } catch {
      // What it got so far stands in the result.
    }
  }
}
