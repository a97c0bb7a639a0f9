import { expect } from 'chai';
import fc from 'fast-check';
import { chat } from '../../../../gateway/dialects/chat/dialect.ts';
import type { ChannelGuard } from '../../../../gateway/dialects/dialect.ts';
import { GatewayError } from '../../../../gateway/errors.ts';
import type { LeafFacts } from '../../../../gateway/policies/kind.ts';
import { dice, options, ssnBlocker, ssnGuard } from './guards.ts';
import { type Delta, payloads, sse } from './streams.ts';

/** A guard that can say beforehand whether a text is clean: it tries on a copy. */
function asking(make: () => ChannelGuard): ChannelGuard & { asked: number } {
  const inner = make();
  let pushed = '';
  return {
    asked: 0,
    push(text) {
      pushed += text;
      return inner.push(text);
    },
    clean(text) {
      this.asked += 1;
      return !/\d{3}-\d{2}-\d{4}/.test(pushed + text);
    },
    end: () => inner.end(),
  };
}

interface Outcome {
  text: string;
  scanned: number;
  output: number;
  skipped: unknown;
  reasons: readonly string[];
  error: string | null;
}

function run(
  chunks: readonly Buffer[],
  make: (leaf: LeafFacts) => ChannelGuard,
): { outcome: Outcome; sent: Buffer } {
  const stream = chat.openStream(options(make));
  const sent: Buffer[] = [];
  let error: string | null = null;
  try {
    for (const chunk of chunks) sent.push(stream.push(chunk));
    sent.push(stream.end());
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    error = thrown.code;
    sent.push(stream.rest);
  }
  const all = Buffer.concat(sent);
  const text = payloads(all)
    .flatMap(({ choices }) => choices.map((choice: Delta) => choice.delta?.['content'] ?? ''))
    .join('');
  const { scannedBytes: scanned, outputBytes: output, finishReasons: reasons } = stream;
  // Of the chunk that is blocked, what stands behind the text is counted or not.
  const skipped = error === null ? stream.skipped : null;
  return { outcome: { text, scanned, output, skipped, reasons, error }, sent: all };
}

const words = fc.constantFrom(
  'a ',
  'growth',
  ' 1',
  '123-',
  '45-',
  '6789',
  '"',
  '\\',
  'é',
  '😀',
  '\n',
  '',
  'ok. ',
);
const padding = fc.option(fc.stringMatching(/^[A-Za-z0-9]{0,12}$/), { nil: null });

function frames(texts: readonly string[], pad: readonly (string | null)[], spaces: () => number): Buffer[] {
  const common = { id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', host: 'vendor-7' };
  const bodies: object[] = texts.map((content, index) => ({
    ...common,
    choices: [{ index: 0, delta: { content }, logprobs: null, finish_reason: null }],
    ...(pad[index] == null ? {} : { obfuscation: pad[index] }),
  }));
  const role = { ...common, choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] };
  const stop = { ...common, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
  return [role, ...bodies, stop, '[DONE]'].map((body) =>
    sse(typeof body === 'string' ? body : JSON.stringify(body).replace('{', `{${' '.repeat(spaces())}`)),
  );
}

/** The same frames in other chunks. */
function regroup(all: readonly Buffer[], size: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < all.length; at += size) chunks.push(Buffer.concat(all.slice(at, at + size)));
  return chunks;
}

describe('chunks of one form', () => {
  for (const [name, inner] of [
    ['masks', ssnGuard],
    ['blocks', ssnBlocker],
  ] as const) {
    it(`say the same as chunks that are read one by one, where the guard ${name}`, () => {
      let whole = 0;
      fc.assert(
        fc.property(
          fc.array(fc.tuple(words, padding), { maxLength: 30 }),
          fc.integer({ min: 1, max: 9 }),
          fc.nat(),
          (parts, size, seed) => {
            const texts = parts.map(([text]) => text);
            const pad = parts.map(([, one]) => one);
            const like = frames(texts, pad, () => 0);
            // A different number of spaces in each: none has the form of another.
            let spaces = 0;
            const unlike = frames(texts, pad, () => spaces++);
            const expected = run(unlike, inner).outcome;
            const plain = run(regroup(like, size), () => asking(inner));
            expect(plain.outcome).to.deep.equal(expected);
            const bytes = Buffer.concat(like);
            const roll = dice(seed);
            const cuts: Buffer[] = [];
            for (let at = 0; at < bytes.length; ) {
              const next = at + 1 + (roll() % 600);
              cuts.push(bytes.subarray(at, next));
              at = next;
            }
            expect(run(cuts, () => asking(inner)).outcome).to.deep.equal(expected);
            if (expected.error === null && expected.text === texts.join('')) {
              whole += 1;
              expect(plain.sent.equals(bytes)).to.equal(true);
            }
          },
        ),
        { numRuns: 500 },
      );
      expect(whole).to.be.greaterThan(50);
    });
  }

  it('are looked at together', () => {
    const pushes: string[] = [];
    const guard = ({ part }: LeafFacts): ChannelGuard => ({
      push(text) {
        if (part === 'content') pushes.push(text);
        return { text, held: 0 };
      },
      clean: () => true,
      end: () => '',
    });
    run([Buffer.concat(frames(['a', 'b', 'c', 'd'], [], () => 0))], guard);
    expect(pushes.join('')).to.equal('abcd');
    expect(pushes).to.deep.equal(['a', 'bcd']);
  });

  it('are read anew where anything but text and padding differs', () => {
    const first = frames(['a', 'b'], [], () => 0);
    const other = [
      Buffer.from(first[2]!.toString().replace('"finish_reason":null', '"finish_reason":"length"')),
      Buffer.from(first[2]!.toString().replace('"content":"b"', '"refusal":"b"')),
      Buffer.from(first[2]!.toString().replace('"b"', '"b",\t"x_note":"555-55-5555"')),
    ];
    for (const frame of other) {
      const { outcome, sent } = run([Buffer.concat([first[0]!, first[1]!, frame, ...first.slice(3)])], () =>
        asking(ssnGuard),
      );
      expect(sent.includes('555-55-5555')).to.equal(false);
      expect(outcome.reasons.length).to.equal(1);
      expect(outcome.scanned).to.be.greaterThan(1);
    }
    const text = Buffer.from(first[2]!.toString().replace('"content":"b"', '"content":7'));
    expect(run([Buffer.concat([...first.slice(0, 2), text])], ssnGuard).outcome.error).to.equal(
      'upstream_invalid',
    );
  });
});
