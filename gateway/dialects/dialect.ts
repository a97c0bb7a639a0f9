import type { GatewayError } from '../errors.ts';
import type { LeafFacts } from '../policies/kind.ts';
import type { ToolCall } from './tool-call.ts';

/**
 * What the pipeline knows of an API. Each API is a folder here; `pipeline/` names none of them.
 * A body is respected byte for byte: a dialect reads positions and splices, it never writes a body anew.
 */
export interface Dialect {
  readonly name: string;
  /** Path on the traffic port, exact, POST. */
  readonly path: string;
  /** Path below a target's base URL, such as `/chat/completions`. */
  readonly upstreamPath: string;
  /** @throws GatewayError `invalid_json`, `invalid_utf8`, `duplicate_key`, `nesting_too_deep`, `body_too_large`, `invalid_request` */
  readRequest(body: Buffer): ParsedRequest;
  /** @throws GatewayError `upstream_invalid` for anything that is not an answer of this API. */
  readAnswer(body: Buffer): ParsedAnswer;
  /** The guard of one streamed answer. */
  openStream(options: StreamOptions): AnswerStream;
  /** The body of a refusal, in this API's form. */
  errorBody(error: GatewayError, ids: { requestId: string; eventId: string | null }): string;
  /** The last bytes of a stream that ends in an error, never a normal finish. */
  errorFrame(error: GatewayError, ids: { requestId: string; eventId: string | null }): string;
  /** The answer to GET /v1/models. */
  modelsBody(models: readonly { id: string; owned_by: string }[]): string;
}

/** One string of a body that is scanned. */
export interface Leaf extends LeafFacts {
  /** The unescaped value. */
  readonly text: string;
  /** Handle by which `withEdits` finds the literal again. */
  readonly ref: number;
}

/** One string that is not scanned, and why; the event lists it. */
export interface SkippedLeaf {
  path: string;
  bytes: number;
  reason: string;
}

export interface LeafEdit {
  ref: number;
  /** The whole new value of the leaf. */
  text: string;
}

export interface ParsedRequest {
  readonly model: string;
  readonly stream: boolean;
  /** Tokens that the caller allows for the answer, if it says so. */
  readonly maxOutputTokens: number | null;
  readonly leaves: readonly Leaf[];
  readonly skipped: readonly SkippedLeaf[];
  /** UTF-8 bytes of all scanned leaves. */
  readonly scannedBytes: number;
  /** The calls of tools in the conversation so far, with the places of their texts in `leaves`. */
  toolCalls(): readonly ToolCall[];
  /**
   * The body to send upstream, spliced: only the named literals differ from the bytes that came.
   * `listed` names each of the gateway's own edits that was made, for the event.
   */
  withEdits(
    edits: readonly LeafEdit[],
    own: { model?: string; includeUsage?: boolean },
  ): { body: Buffer; listed: string[] };
}

export interface Usage {
  /** Disjoint classes, in tokens. */
  input: number;
  cached_input: number;
  cache_write: number;
  output: number;
  reasoning: number;
  audio_input: number;
  audio_output: number;
}

export interface ParsedAnswer {
  readonly model: string | null;
  readonly usage: Usage | null;
  readonly finishReasons: readonly string[];
  readonly leaves: readonly Leaf[];
  readonly skipped: readonly SkippedLeaf[];
  readonly scannedBytes: number;
  /** UTF-8 bytes of the answer's own text, for an estimate where no usage came. */
  readonly outputBytes: number;
  /** The calls of tools that it asks for, with the places of their texts in `leaves`. */
  toolCalls(): readonly ToolCall[];
  withEdits(edits: readonly LeafEdit[]): Buffer;
}

/** What a guard says after a piece of text. */
export interface Released {
  /** The text, edited or not, that stands for every unit decided by this call. */
  text: string;
  /** UTF-16 units at the end of all that was pushed that are not decided yet; `text` holds nothing of them. */
  held: number;
}

/**
 * Governs the text of one channel of a stream: text in, text that may be sent out. See `pipeline/stream-guard.ts`.
 * The dialect delays a frame whose text is held and compares `text` with what it pushed, so a frame that no edit
 * touches leaves as the bytes that came. A push may end between the halves of a surrogate pair.
 */
export interface ChannelGuard {
  /** @throws GatewayError for a block. */
  push(text: string): Released;
  /**
   * Whether nothing would be found if this text were pushed next; nothing changes by asking. Then pushing it at once
   * is the same as pushing it in pieces. Absent: it must be pushed in pieces.
   */
  clean?(text: string): boolean;
  /** No more text: what stands for everything still held. @throws GatewayError for a block. */
  end(): string;
}

/** Judges the calls of tools of one stream, each once it is complete. See `pipeline/stream-calls.ts`. */
export interface ToolCallJudge {
  /**
   * Frames with parts of a call wait until it is judged, and its name and arguments go to no channel: `judge` looks at them
   * as at those of a whole answer. Else they pass as if there were no judge, who only sees them.
   */
  readonly holds: boolean;
  /** A call begins. */
  begun(): void;
  /**
   * @param leaves the texts of the call
   * @returns what is to be written in their place
   * @throws GatewayError for a block, or where an entry could not run and fails closed
   */
  judge(call: ToolCall, leaves: readonly Leaf[]): readonly LeafEdit[];
  /** A call is too large to wait, or one too many; its texts go to their channels. @throws GatewayError as `judge` */
  tooMuch(): void;
}

export interface StreamOptions {
  /**
   * Makes the guard of a channel at its first text: choice × content, refusal, reasoning, logprobs, each string
   * inside tool arguments. A channel that had ended and resumes gets a new one, whose first push begins with the text
   * that the old one held last.
   */
  channel(leaf: LeafFacts): ChannelGuard;
  /** Where calls of tools are judged. */
  toolCalls?: ToolCallJudge;
  /** The gateway asked for the usage chunk: take it out again. */
  dropUsageChunk: boolean;
  /** Bytes of one frame; past it the stream is `upstream_invalid`. */
  maxFrameBytes: number;
  /** Bytes of all frames that wait for undecided text, 16 MiB unless said; past it the stream is `upstream_too_large`. Calls of tools may take half of them. */
  maxHeldBytes?: number;
}

/**
 * A streamed answer on its way. Frames that nothing edits leave as the very bytes that came; what arrives in one
 * chunk leaves in one piece. A guard that blocks throws from `push`/`end`, and so out of here.
 */
export interface AnswerStream {
  /** @returns bytes for the client now, perhaps empty. @throws GatewayError; then `rest` is what may still be sent */
  push(chunk: Buffer): Buffer;
  /** The upstream ended. @returns what was held, the end marker too. @throws GatewayError `upstream_interrupted` without an end marker */
  end(): Buffer;
  /**
   * Once `push` threw: the frames before the one that it threw at that nothing waits for. They are the same however
   * the bytes came, and whole frames always.
   */
  readonly rest: Buffer;
  /** The end marker or the finish of every choice came: whatever the connection does now, the answer is whole. */
  readonly complete: boolean;
  readonly model: string | null;
  readonly usage: Usage | null;
  readonly finishReasons: readonly string[];
  readonly skipped: readonly SkippedLeaf[];
  readonly scannedBytes: number;
  /** UTF-8 bytes of the answer's own text, for an estimate where no usage came. */
  readonly outputBytes: number;
  /** True once a frame with text came. */
  readonly started: boolean;
}
