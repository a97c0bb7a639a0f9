import { expect } from 'chai';
import fc from 'fast-check';
import { chat } from '../../../../gateway/dialects/chat/dialect.ts';
import type { Leaf, LeafEdit, StreamOptions } from '../../../../gateway/dialects/dialect.ts';
import { innerStrings } from '../../../../gateway/json/inner.ts';
import { dice, options } from './guards.ts';

export interface Delta {
  index: number;
  delta?: Record<string, unknown>;
  finish_reason?: string | null;
  logprobs?: unknown;
}

export function sse(...payloads: unknown[]): Buffer {
  return Buffer.from(
    payloads.map((load) => `data: ${typeof load === 'string' ? load : JSON.stringify(load)}\n\n`).join(''),
  );
}

export function chunk(...choices: Delta[]): object {
  return { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices };
}

export function payloads(bytes: Buffer): { choices: Delta[]; [key: string]: unknown }[] {
  return bytes
    .toString()
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .map((event) => JSON.parse(event.slice('data: '.length)));
}

interface WholeChoice {
  index: number;
  message: Record<string, unknown> & { tool_calls: { function: { name: string; arguments: string } }[] };
  logprobs: { content: { token: string; logprob: number; bytes: number[] }[] };
  finish_reason: string;
}

function wholeChoice(
  item: { content: string; reasoning: string; refusal: string; args: Record<string, string>; raw: string },
  index: number,
  roll: () => number,
): WholeChoice {
  const tokens = cut(item.content, roll);
  const call = (name: string, args: string) => ({
    id: `call_${name}`,
    type: 'function',
    function: { name, arguments: args },
  });
  return {
    index,
    message: {
      role: 'assistant',
      content: item.content,
      reasoning_content: item.reasoning,
      refusal: item.refusal,
      tool_calls: [call('json', JSON.stringify(item.args, null, roll() % 3)), call('raw', item.raw)],
    },
    logprobs: { content: tokens.map((token) => ({ token, logprob: -1, bytes: [...Buffer.from(token)] })) },
    finish_reason: 'stop',
  };
}

/** Cuts a text into at most 16 pieces, mostly four, never inside a surrogate pair. */
function cut(text: string, roll: () => number): string[] {
  const chars = [...text];
  const pieces: string[] = [];
  const most = roll() % 4 === 0 ? 16 : 4;
  while (chars.length > 0) {
    pieces.push(
      chars.splice(0, pieces.length === most - 1 ? chars.length : 1 + (roll() % chars.length)).join(''),
    );
  }
  return pieces;
}

/** The frames of one choice, text by text: reasoning first, as models do. */
function framesOf({ index, message, logprobs }: WholeChoice, roll: () => number): Delta[][] {
  const texts: Delta[][] = ['reasoning_content', 'refusal'].map((field) =>
    cut(message[field] as string, roll).map((piece) => ({ index, delta: { [field]: piece } })),
  );
  texts.push(
    logprobs.content.map((token) => ({
      index,
      delta: { content: token.token },
      logprobs: { content: [token] },
    })),
  );
  for (const [at, call] of message.tool_calls.entries()) {
    const begin = { index: at, ...call, function: { ...call.function, arguments: '' } };
    texts.push([
      { index, delta: { tool_calls: [begin] } },
      ...cut(call.function.arguments, roll).map((piece) => ({
        index,
        delta: { tool_calls: [{ index: at, function: { arguments: piece } }] },
      })),
    ]);
  }
  return texts;
}

/** Takes from the queues by turns until all are empty. */
function alternate<T>(queues: T[][], roll: () => number): T[] {
  const out: T[] = [];
  const open = queues.filter((queue) => queue.length > 0);
  while (open.length > 0) {
    const at = roll() % open.length;
    out.push(open[at]!.shift()!);
    if (open[at]!.length === 0) open.splice(at, 1);
  }
  return out;
}

/** Frames of all choices, which alternate; within a choice texts follow each other, or alternate too. */
function cutIntoFrames(choices: WholeChoice[], roll: () => number, interleaved: boolean): Buffer {
  const queues = choices.map((choice) => {
    const { index, finish_reason } = choice;
    const texts = framesOf(choice, roll);
    const middle = interleaved ? alternate(texts, roll) : texts.flat();
    return [{ index, delta: { role: 'assistant' } }, ...middle, { index, delta: {}, finish_reason }];
  });
  const frames = alternate<Delta>(queues, roll);
  const chunks: object[] = [];
  while (frames.length > 0) {
    const together = frames.splice(0, interleaved ? 1 + (roll() % 2) : 1);
    const [one, two] = together;
    if (two === undefined || one!.index !== two.index) chunks.push(chunk(...together));
    else chunks.push(chunk(one!), chunk(two));
  }
  return sse(...chunks, '[DONE]');
}

/** Who speaks comes first in each choice, its finish last, and the end marker after all. */
function expectLifecycle(bytes: Buffer): void {
  const said = new Map<number, string[]>();
  for (const { index, delta, finish_reason } of payloads(bytes).flatMap((load) => load.choices)) {
    const kind = delta?.['role'] !== undefined ? 'role' : finish_reason != null ? 'finish' : 'text';
    said.set(index, [...(said.get(index) ?? []), kind]);
  }
  for (const kinds of said.values()) {
    expect(kinds[0]).to.equal('role');
    expect(kinds.indexOf('finish')).to.equal(kinds.length - 1);
  }
  expect(bytes.toString()).to.match(/data: \[DONE\]\n\n$/);
}

/** The frames without their order. */
function frameSet(bytes: Buffer): string[] {
  return bytes.toString().split('\n\n').sort();
}

type Folded = Record<string, unknown>[];

/** What a call says: its structure where it is JSON as generated, and its strings, however they are escaped. */
function foldArguments(text: string, at: number): unknown {
  // The value itself would say too little: V8 takes some escaped keys for others (nodejs/node#63785).
  if (at === 0) JSON.parse(text);
  const structure = at === 0 ? text.replace(/"(?:[^"\\]|\\.)*"/g, '""') : null;
  return [structure, innerStrings(text).map((string) => string.value)];
}

function fold(bytes: Buffer, count: number): Folded {
  const folded = Array.from({ length: count }, () => ({
    content: '',
    reasoning_content: '',
    refusal: '',
    tokens: '',
    calls: ['', ''],
  }));
  for (const choice of payloads(bytes).flatMap((load) => load.choices)) {
    const into = folded[choice.index]!;
    for (const field of ['content', 'reasoning_content', 'refusal'] as const) {
      into[field] += (choice.delta?.[field] as string | undefined) ?? '';
    }
    const logprobs = choice.logprobs as { content: { token: string; bytes: number[] }[] } | undefined;
    for (const token of logprobs?.content ?? []) {
      into.tokens += token.token;
      expect(token.bytes).to.deep.equal([...Buffer.from(token.token)]);
    }
    for (const call of (choice.delta?.['tool_calls'] ?? []) as {
      index: number;
      function: { arguments: string };
    }[]) {
      into.calls[call.index] += call.function.arguments;
    }
  }
  return folded.map((choice) => ({ ...choice, calls: choice.calls.map(foldArguments) }));
}

function foldWhole(choices: WholeChoice[]): Folded {
  return choices.map(({ message, logprobs }) => ({
    content: message['content'],
    reasoning_content: message['reasoning_content'],
    refusal: message['refusal'],
    tokens: logprobs.content.map((token) => token.token).join(''),
    calls: message.tool_calls.map((call, at) => foldArguments(call.function.arguments, at)),
  }));
}

/**
 * For random answers: what a client has after the stream is what it has after the whole answer, text by text; and a
 * stream in which nothing is edited has the very frames that came. Texts that alternate make no difference.
 */
export function expectSameAsWhole(check: {
  /** What texts are made of. */
  snippets: readonly string[];
  /** Edits of a whole answer. */
  edit(leaves: readonly Leaf[]): readonly LeafEdit[];
  /** The guards of one stream. */
  open(): StreamOptions['channel'];
  numRuns: number;
}): void {
  const text = fc.array(fc.constantFrom(...check.snippets), { maxLength: 8 }).map((parts) => parts.join(''));
  const texts = fc.record({
    content: text,
    reasoning: text,
    refusal: text,
    args: fc.dictionary(text, text),
    raw: text,
  });
  fc.assert(
    fc.property(
      fc.array(texts, { minLength: 1, maxLength: 3 }),
      fc.integer(),
      fc.boolean(),
      (choices, seed, interleaved) => {
        const roll = dice(seed);
        const whole = choices.map((item, index) => wholeChoice(item, index, roll));
        const answer = chat.readAnswer(Buffer.from(JSON.stringify({ model: 'm', choices: whole })));
        const edits = check
          .edit(answer.leaves)
          .filter(({ ref, text: after }) => answer.leaves[ref]!.text !== after);
        const expected = JSON.parse(answer.withEdits(edits).toString()) as { choices: WholeChoice[] };
        const bytes = cutIntoFrames(whole, roll, interleaved);
        const stream = chat.openStream(options(check.open()));
        const out: Buffer[] = [];
        for (let at = 0; at < bytes.length; ) {
          const to = at + 1 + (roll() % 60);
          out.push(stream.push(bytes.subarray(at, to)));
          at = to;
        }
        out.push(stream.end());
        expect(fold(Buffer.concat(out), choices.length)).to.deep.equal(foldWhole(expected.choices));
        expectLifecycle(Buffer.concat(out));
        if (edits.length === 0) expect(frameSet(Buffer.concat(out))).to.deep.equal(frameSet(bytes));
      },
    ),
    { numRuns: check.numRuns },
  );
}
