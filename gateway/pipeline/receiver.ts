import { GatewayError } from '../errors.ts';
import type { UpstreamHandler, UpstreamHead } from '../upstream/upstream.ts';

/** Takes the bytes of an answer as they come. */
export interface AnswerSink {
  data(chunk: Buffer): void;
  end(): void;
  error(error: Error): void;
}

/**
 * Receives one upstream answer: first its head, then either the whole body or, chunk by chunk, a stream. What comes
 * before somebody asks is kept.
 */
export class AnswerReceiver implements UpstreamHandler {
  readonly head: Promise<UpstreamHead>;
  readonly #resolve: (head: UpstreamHead) => void;
  readonly #reject: (error: Error) => void;
  #early: Buffer[] = [];
  #over: 'no' | 'ended' | Error = 'no';
  #sink: AnswerSink | null = null;

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<UpstreamHead>();
    this.head = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    // A failure after the head is told to the sink; nobody awaits the head any more then.
    promise.catch(() => undefined);
  }

  onHead(head: UpstreamHead): void {
    this.#resolve(head);
  }

  onData(chunk: Buffer): void {
    if (this.#over !== 'no') return;
    if (this.#sink === null) this.#early.push(chunk);
    else this.#sink.data(chunk);
  }

  onEnd(): void {
    if (this.#over !== 'no') return;
    this.#over = 'ended';
    this.#sink?.end();
  }

  onError(error: Error): void {
    if (this.#over !== 'no') return;
    this.#over = error;
    this.#reject(error);
    this.#sink?.error(error);
  }

  /** From here on everything goes to the sink; what came before, at once. */
  pipe(sink: AnswerSink): void {
    this.#sink = sink;
    const early = this.#early;
    this.#early = [];
    for (const chunk of early) sink.data(chunk);
    if (this.#over === 'ended') sink.end();
    else if (this.#over !== 'no') sink.error(this.#over);
  }

  /** Waits until the first bytes of the body are here, or its end. */
  started(): Promise<void> {
    if (this.#early.length > 0 || this.#over === 'ended') return Promise.resolve();
    if (this.#over !== 'no') return Promise.reject(this.#over);
    return new Promise((resolve, reject) => {
      const keep = (): void => {
        this.#sink = null;
        resolve();
      };
      this.#sink = {
        data: (chunk) => {
          this.#early.push(chunk);
          keep();
        },
        end: keep,
        error: reject,
      };
    });
  }

  /**
   * The whole body.
   * @param maxBytes past it `tooLarge` is called, to end the upstream call
   * @throws GatewayError `upstream_too_large`
   */
  collect(maxBytes: number, tooLarge: () => void): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      let over = false;
      this.pipe({
        data: (chunk) => {
          bytes += chunk.length;
          if (bytes <= maxBytes) {
            chunks.push(chunk);
            return;
          }
          if (over) return;
          over = true;
          tooLarge();
          reject(
            new GatewayError(
              'upstream_too_large',
              `The answer is over the limit of ${maxBytes} bytes (limits.max_response_bytes).`,
            ),
          );
        },
        end: () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes)),
        error: reject,
      });
    });
  }
}
