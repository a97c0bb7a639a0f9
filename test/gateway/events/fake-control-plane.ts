import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkEvent } from '../../../gateway/contract/event-check.ts';

/** What the server does with one batch before or instead of the right thing. */
export type Trouble =
  | 'none'
  /** Hangs up without reading. */
  | 'drop'
  /** Stores the batch and hangs up before it answers. */
  | 'store-and-drop'
  | 'error-500'
  | 'busy-429'
  /** Does not know the token. */
  | 'refused-401'
  /** Knows the token, which is not that of this gateway. */
  | 'foreign-403'
  /** Cannot say whose token it is. */
  | 'unchecked-503';

interface Answer {
  status: number;
  body: object;
  headers?: Record<string, string>;
}

/** A control plane that keeps the ingest contract, in memory, and can be made to fail. */
export class FakeControlPlane {
  /** Records by stream and seq. */
  readonly streams = new Map<string, Map<number, string>>();
  readonly next = new Map<string, number>();
  readonly lost: { stream: string; from: number; to: number }[] = [];
  readonly reports: { path: string; body: Record<string, unknown> }[] = [];
  readonly authorizations = new Set<string | undefined>();
  batches = 0;
  mostInFlight = 0;
  trouble: () => Trouble = () => 'none';
  /** Records that it will not take. */
  poison: (record: string) => boolean = () => false;
  namesPoison = true;
  #inFlight = 0;
  #server: Server | null = null;
  #port = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#serve(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  records(stream: string): string[] {
    const stored = this.streams.get(stream) ?? new Map<number, string>();
    return [...stored].sort(([a], [b]) => a - b).map(([, record]) => record);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    this.authorizations.add(request.headers.authorization);
    if (request.method === 'PUT') {
      this.reports.push({ path: request.url!, body: JSON.parse(body) });
      response.writeHead(204).end();
      return;
    }
    this.batches += 1;
    this.#inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight);
    const trouble = this.trouble();
    const answer = this.#answer(trouble, request, body);
    await new Promise((resolve) => setImmediate(resolve));
    this.#inFlight -= 1;
    if (answer === null || trouble === 'store-and-drop') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body));
  }

  #answer(trouble: Trouble, request: IncomingMessage, body: string): Answer | null {
    if (trouble === 'drop') return null;
    if (trouble === 'error-500') return { status: 500, body: { error: { code: 'internal_error' } } };
    if (trouble === 'busy-429') return { status: 429, body: {}, headers: { 'retry-after': '0' } };
    if (trouble === 'refused-401') return { status: 401, body: { error: { code: 'unauthenticated' } } };
    if (trouble === 'foreign-403')
      return { status: 403, body: { error: { code: 'foreign_record', seq: 0 } } };
    if (trouble === 'unchecked-503') {
      const error = { code: 'access_not_checked' };
      return { status: 503, body: { error }, headers: { 'retry-after': '0' } };
    }
    const header = (name: string): string => String(request.headers[name] ?? '');
    const lostFrom = request.headers['kt-lost-from'];
    return this.#ingest(
      header('kt-stream'),
      Number(header('kt-first-seq')),
      Number(header('kt-count')),
      lostFrom === undefined ? null : Number(lostFrom),
      body.split('\n').slice(0, -1),
    );
  }

  #ingest(stream: string, first: number, count: number, lostFrom: number | null, records: string[]): Answer {
    if (records.length !== count) return { status: 400, body: { error: { code: 'invalid_body' } } };
    const expected = this.next.get(stream) ?? 0;
    const stored = this.streams.get(stream) ?? new Map<number, string>();
    this.streams.set(stream, stored);
    for (const [index, record] of records.entries()) {
      const seq = first + index;
      if (this.poison(record) || checkEvent(Buffer.from(record)) !== null || JSON.parse(record).seq !== seq) {
        const details = this.namesPoison ? { seq } : {};
        return { status: 422, body: { error: { code: 'record_refused', ...details } } };
      }
    }
    if (first > expected) {
      if (lostFrom !== expected) return { status: 409, body: { error: { code: 'sequence_gap', expected } } };
      this.lost.push({ stream, from: expected, to: first - 1 });
    }
    for (const [index, record] of records.entries()) {
      const before = stored.get(first + index);
      if (before !== undefined && before !== record) {
        return { status: 422, body: { error: { code: 'fork', seq: first + index } } };
      }
    }
    for (const [index, record] of records.entries()) stored.set(first + index, record);
    this.next.set(stream, Math.max(expected, first + records.length));
    return { status: 200, body: { acked: this.next.get(stream)! - 1 } };
  }
}
