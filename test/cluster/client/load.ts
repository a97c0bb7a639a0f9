import { Agent, request } from 'node:http';

export interface LoadOrder {
  /** With `/v1`. */
  baseUrl: string;
  perSecond: number;
  model: string;
  content: string;
  /** A text that no answer may have: it should have been redacted. */
  lacks?: string;
  key?: string;
  /** Request ids are this and a number. */
  prefix: string;
}

export interface LoadReport {
  sent: number;
  /** Answers by status, 0 where none came. */
  statuses: Record<string, number>;
  /** Answers that broke off, and streams without their end. */
  broken: number;
  /** Answers that hold what they should lack. */
  ungoverned: number;
  /** What went wrong first, for people. */
  faults: string[];
  /** Whole answers: which event each names by the id of its request. */
  events: Record<string, string | null>;
}

interface Received {
  status: number;
  eventId: string | null;
  text: string;
  whole: boolean;
}

const FAULTS_TOLD = 5;

/** A steady load by plain HTTP, half of it streams. */
export class Load {
  readonly #order: LoadOrder;
  // By turns, so that no connection, and no pod behind it, is left out.
  readonly #agent = new Agent({ keepAlive: true, scheduling: 'fifo' });
  readonly #open = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;
  readonly #report: LoadReport = {
    sent: 0,
    statuses: {},
    broken: 0,
    ungoverned: 0,
    faults: [],
    events: {},
  };

  constructor(order: LoadOrder) {
    this.#order = order;
    const began = performance.now();
    this.#timer = setInterval(() => {
      const due = ((performance.now() - began) / 1000) * order.perSecond;
      while (this.#report.sent < due) {
        const done = this.#one(this.#report.sent++).finally(() => this.#open.delete(done));
        this.#open.add(done);
      }
    }, 5);
  }

  /** Sends no more, and waits for what is open. */
  async stop(): Promise<LoadReport> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    this.#agent.destroy();
    return this.#report;
  }

  async #one(index: number): Promise<void> {
    const report = this.#report;
    const id = `${this.#order.prefix}-${index}`;
    const stream = index % 2 === 1;
    const { status, eventId, text, whole } = await this.#send(id, stream);
    const what = `${new Date().toISOString()} ${stream ? 'stream' : 'answer'} ${id}`;
    report.statuses[status] = (report.statuses[status] ?? 0) + 1;
    if (status === 0 || status >= 500) return this.#fault(`${what}: ${status} ${text.slice(0, 200)}`);
    if (!whole || (status === 200 && stream && !text.endsWith('data: [DONE]\n\n'))) {
      report.broken += 1;
      return this.#fault(`${what} broke off after ${text.length} characters`);
    }
    report.events[id] = eventId;
    if (this.#order.lacks !== undefined && text.includes(this.#order.lacks)) {
      report.ungoverned += 1;
      this.#fault(`${what} is not governed`);
    }
  }

  #fault(text: string): void {
    if (this.#report.faults.length < FAULTS_TOLD) this.#report.faults.push(text);
  }

  #send(id: string, stream: boolean): Promise<Received> {
    const { baseUrl, model, content, key } = this.#order;
    const body = JSON.stringify({
      model,
      stream,
      messages: [{ role: 'user', content: `${content} (request ${id})` }],
    });
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'x-request-id': id,
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    };
    return new Promise((resolve) => {
      const options = { method: 'POST', agent: this.#agent, headers };
      const call = request(`${baseUrl}/chat/completions`, options, (answer) => {
        const [status, eventId] = [answer.statusCode ?? 0, answer.headers['x-keeptrusts-event-id']];
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.once('error', () => {});
        answer.once('close', () =>
          resolve({
            status,
            eventId: typeof eventId === 'string' ? eventId : null,
            text,
            whole: answer.complete,
          }),
        );
      });
      call.once('error', ({ message }) => resolve({ status: 0, eventId: null, text: message, whole: false }));
      call.end(body);
    });
  }
}
