import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { inspectLargeTexts, inspectTexts } from '../../../gateway/pipeline/entries.ts';
import type { TextOutcome } from '../../../gateway/pipeline/outcome.ts';
import { SLICE_UNITS } from '../../../gateway/pipeline/text-run.ts';
import type { TextScanner } from '../../../gateway/policies/kind.ts';
import {
  inspecting,
  leaf,
  rewriting,
  testEnv,
  tightScanner,
  wholeScanner,
  windowScanner,
} from './fixtures.ts';

/** Secrets and wide characters across each border between slices, wherever it is cut. */
const border = (at: number): string =>
  `${'.'.repeat(SLICE_UNITS - 8 - at)}secret😀secretsecret${'.'.repeat(at)}`;
const text = Array.from({ length: 14 }, (_, at) => border(at)).join('');

/** Notes how much of a text a scanner was asked to look at in one go. */
function watched(inner: TextScanner, seen: number[]): TextScanner {
  return {
    ...inner,
    scan(known, from, final, emit) {
      seen.push(known.length - from);
      return inner.scan(known, from, final, emit);
    },
  };
}

const untimed = (outcome: TextOutcome): unknown => ({
  ...outcome,
  results: outcome.results.map(({ us: _, ...rest }) => rest),
});

describe('texts of megabytes', () => {
  const seen: number[] = [];
  const entries = [
    rewriting(watched(tightScanner({ word: 'secretsecret', replacement: '😀twice' }), seen), {
      id: 'rewriter',
    }),
    inspecting(
      'redact',
      watched(windowScanner([{ word: 'secret', notBefore: 'x', replacement: '#' }]), seen),
      { id: 'one' },
    ),
    inspecting('redact', watched(tightScanner({ word: '😀s', replacement: '$' }), seen), { id: 'two' }),
    inspecting('redact', watched(tightScanner({ word: '\ude00', replacement: '?' }), seen), {
      id: 'half',
      mode: 'observe',
    }),
  ];

  it('come to the same as in one go, with turns for others between', async () => {
    const small = leaf('a secret', 1);
    let turns = 0;
    const sliced = await inspectLargeTexts(entries, 'output', [leaf(text), small], testEnv(), async () => {
      turns += 1;
      await setImmediate();
    });
    expect(untimed(sliced)).to.deep.equal(
      untimed(inspectTexts(entries, 'output', [leaf(text), small], testEnv())),
    );
    expect(sliced.edits[0]?.text).to.equal(
      text
        .replaceAll('secretsecret', '😀twice')
        .replaceAll('😀secret', '$')
        .replaceAll(/😀s/g, '$')
        .replaceAll('secret', '#'),
    );
    expect(turns).to.be.at.least(4 * 13);
    expect(Math.max(...seen)).to.be.lessThan(SLICE_UNITS + 100);
  });

  it('and many small ones have turns between too', async () => {
    let turns = 0;
    const many = Array.from({ length: 1000 }, (_, ref) => leaf('x'.repeat(1000), ref));
    await inspectLargeTexts(entries, 'output', many, testEnv(), async () => {
      turns += 1;
    });
    expect(turns).to.be.within(4 * 25, 4 * 32);
  });

  it('that hold nothing large have none', async () => {
    let turns = 0;
    await inspectLargeTexts(entries, 'output', [leaf('secret')], testEnv(), async () => {
      turns += 1;
    });
    expect(turns).to.equal(0);
  });

  it('do not book the time of others on an entry', async () => {
    let ms = 0;
    const env = { failMode: 'block' as const, clock: { monotonic: () => ms } };
    const { results } = await inspectLargeTexts([entries[1]!], 'output', [leaf(text)], env, async () => {
      ms += 1000;
    });
    expect(results[0]?.us).to.equal(0);
  });

  it('are given in one go to an entry that needs a whole text', async () => {
    const lengths: number[] = [];
    const whole = inspecting('redact', watched(wholeScanner(/secret/g, 'x', '#'), lengths));
    await inspectLargeTexts([whole], 'output', [leaf(text)], testEnv(), setImmediate);
    expect(lengths).to.deep.equal([text.length]);
  });

  it('keep what was found before a scanner threw', async () => {
    const word = tightScanner({ word: 'secret', replacement: '#' });
    const breaking = inspecting('redact', {
      ...word,
      scan(known, from, final, emit) {
        const hold = word.scan(known, from, final, emit);
        if (final) throw new Error('at the end');
        return hold;
      },
    });
    const outcome = await inspectLargeTexts(
      [breaking],
      'output',
      [leaf(text)],
      testEnv('allow'),
      setImmediate,
    );
    expect(outcome).to.deep.include({ degraded: true });
    expect(outcome.edits[0]?.text).to.equal(text.replaceAll('secret', '#'));
  });
});
