/** What the built-in mock does for one request. */
export interface Behaviour {
  /** Text of the answer; null answers with the request body as it came. */
  answer: string | null;
  /** HTTP status; anything but 200 fails with it. */
  status: number;
  /** Wait before the first byte (ms). */
  delayMs: number;
  /** Code points of one chunk of a stream. */
  chunkChars: number;
  /** Wait between two chunks of a stream (ms). */
  chunkDelayMs: number;
  /** Chunks of text after which a stream is cut without an end; null never. */
  cutAfterChunks: number | null;
}

const ANSWER =
  'This is the built-in mock target. It answers every request with this text, and nothing leaves this machine.';
const FAILING = /^mock-status-([45]\d\d)$/;

/** Settings of the target, then what the model's name asks for: see this folder's README. */
export function behaviourOf(
  model: string,
  settings: Readonly<Record<string, unknown>> | undefined,
): Behaviour {
  const behaviour: Behaviour = {
    answer: textOf(settings?.['answer']) ?? ANSWER,
    status: numberOf(settings?.['status']) ?? 200,
    delayMs: numberOf(settings?.['delay_ms']) ?? 0,
    chunkChars: Math.max(1, numberOf(settings?.['chunk_chars']) ?? 16),
    chunkDelayMs: numberOf(settings?.['chunk_delay_ms']) ?? 0,
    cutAfterChunks: numberOf(settings?.['cut_after_chunks']),
  };
  if (model === 'echo') behaviour.answer = null;
  if (model === 'mock-slow') behaviour.delayMs = Math.max(behaviour.delayMs, 2000);
  if (model === 'mock-cut') behaviour.cutAfterChunks ??= 2;
  const failing = FAILING.exec(model);
  if (failing !== null) behaviour.status = Number(failing[1]);
  return behaviour;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
