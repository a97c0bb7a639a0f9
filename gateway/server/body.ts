import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors.ts';
import type { TimerWheel } from '../upstream/timer-wheel.ts';
import type { HeldRoom } from './body-room.ts';

/** A body must be here after so long (ms). */
const BODY_MS = 30_000;

/**
 * Reads a body as it comes.
 * @param declared bytes that the caller says it has; NaN where he does not say
 * @throws GatewayError `body_too_large` (the rest is not read), `incomplete_body`, `invalid_request` (see `createListener`),
 * `overloaded` (no room for it)
 */
export function readBody(
  request: IncomingMessage,
  { maxBytes, declared }: { maxBytes: number; declared: number },
  wheel: TimerWheel,
  room: HeldRoom,
): Promise<Buffer> {
  if (declared > maxBytes) return Promise.reject(tooLarge(maxBytes));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    // Listeners that stay cost less than to take five away, and what comes later is nobody's.
    let over = false;
    const timer = wheel.start(BODY_MS, () =>
      fail(new GatewayError('incomplete_body', `The body did not arrive within ${BODY_MS / 1000} s.`)),
    );
    const stop = (): void => {
      over = true;
      timer.cancel();
    };
    const fail = (error: GatewayError): void => {
      if (over) return;
      stop();
      request.pause();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      if (over) return;
      bytes += chunk.length;
      if (bytes > maxBytes) fail(tooLarge(maxBytes));
      else if (!room.take(chunk.length)) fail(noRoom());
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      if (over) return;
      stop();
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes));
    };
    // Comes after each body: the trace of an error that nobody gets took 3 % of the processor.
    const onClose = (): void => {
      if (!over) fail(new GatewayError('incomplete_body', 'The connection ended before the body did.'));
    };
    // What else fails is followed by `close`. Afterwards too, an error must find a listener.
    const onError = (error: Error): void => {
      if (error instanceof GatewayError) fail(error);
    };
    request.on('data', onData);
    request.on('end', onEnd);
    request.on('close', onClose);
    request.on('error', onError);
    if (request.destroyed && !request.complete) onClose();
  });
}

function noRoom(): GatewayError {
  return new GatewayError(
    'overloaded',
    'The bodies of other requests take all memory for them. Try again shortly.',
  );
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `The body is over the limit of ${maxBytes} bytes (limits.max_body_bytes).`,
  );
}
