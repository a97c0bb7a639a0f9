import { expect } from 'chai';
import fc from 'fast-check';
import type { CompiledEntry } from '../../../gateway/config/plan.ts';
import { inspectTexts } from '../../../gateway/pipeline/entries.ts';
import type { TextOutcome } from '../../../gateway/pipeline/outcome.ts';
import type { Verdict } from '../../../gateway/pipeline/verdict.ts';
import type { TextScanner } from '../../../gateway/policies/kind.ts';
import { inspecting, leaf, testEnv } from './fixtures.ts';

/** Every unit is different, so that what is left of it can be told apart. */
const TEXT = 'abcdefghijklmnop';
const RANK: Record<Verdict, number> = { allow: 0, redact: 1, escalate: 2, block: 3 };

const rangeScanner = (start: number, length: number, throws: boolean): TextScanner => ({
  maxMatchLength: TEXT.length,
  contextLength: 0,
  scan(text, _from, _final, emit) {
    if (throws) throw new Error('broken');
    if (length > 0)
      emit({ type: 'range', start, end: Math.min(text.length, start + length), replacement: '#' });
    return text.length;
  },
});

const entry: fc.Arbitrary<CompiledEntry> = fc
  .record({
    start: fc.nat({ max: TEXT.length - 1 }),
    length: fc.nat({ max: 5 }),
    throws: fc.constantFrom(false, false, false, true),
    action: fc.constantFrom('redact' as const, 'redact' as const, 'block' as const, 'escalate' as const),
    mode: fc.constantFrom('enforce' as const, 'enforce' as const, 'guide' as const, 'observe' as const),
    failMode: fc.constantFrom('block' as const, 'allow' as const),
  })
  .map(({ start, length, throws, action, ...options }) =>
    inspecting(action, rangeScanner(start, length, throws), options),
  );
const chain = fc
  .array(entry, { minLength: 1, maxLength: 6 })
  .map((list) => list.map((one, n) => ({ ...one, entry: { ...one.entry, id: `e${n}` } })));

const judge = (entries: readonly CompiledEntry[]): TextOutcome =>
  inspectTexts(entries, 'input', [leaf(TEXT)], testEnv());

/** The units that go out; none where the request is refused. */
const leaving = (outcome: TextOutcome): Set<string> =>
  new Set(outcome.error === null ? (outcome.edits[0]?.text ?? TEXT).replaceAll('#', '') : '');

describe('composition of entries', () => {
  it('a further entry never permits more', () => {
    fc.assert(
      fc.property(chain, entry, fc.nat(), (entries, further, at) => {
        const more = entries.toSpliced(at % (entries.length + 1), 0, further);
        const [before, after] = [judge(entries), judge(more)];
        expect(RANK[after.verdict]).to.be.at.least(RANK[before.verdict] === 3 ? 3 : 0);
        if (before.error !== null) expect(after.error).not.to.equal(null);
        const let_through = leaving(before);
        for (const unit of leaving(after)) expect(let_through.has(unit), unit).to.equal(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('the order of arrival does not matter for what goes out, nor for the verdict', () => {
    fc.assert(
      fc.property(
        chain.chain((entries) =>
          fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
        ),
        ([entries, shuffled]) => {
          const [one, other] = [judge(entries), judge(shuffled)];
          expect(other.error?.code).to.equal(one.error?.code);
          expect(leaving(other)).to.deep.equal(leaving(one));
          if (one.verdict === 'block' || other.verdict === 'block')
            expect(other.verdict).to.equal(one.verdict);
          if (one.error === null) {
            expect([other.verdict, other.would, other.degraded]).to.deep.equal([
              one.verdict,
              one.would,
              one.degraded,
            ]);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('an entry that observes or guides changes nothing for the others', () => {
    fc.assert(
      fc.property(
        chain,
        entry,
        fc.constantFrom('observe' as const, 'guide' as const),
        fc.nat(),
        (entries, further, mode, at) => {
          const watching = { ...further, entry: { ...further.entry, mode } };
          const [before, after] = [
            judge(entries),
            judge(entries.toSpliced(at % (entries.length + 1), 0, watching)),
          ];
          expect(after.edits).to.deep.equal(before.edits);
          expect(after.verdict).to.equal(before.verdict);
          expect(after.error?.message).to.equal(before.error?.message);
        },
      ),
    );
  });
});
