import { expect } from 'chai';
import fc from 'fast-check';
import type { CompiledEntry } from '../../../gateway/config/plan.ts';
import { GatewayError } from '../../../gateway/errors.ts';
import { inspectTexts } from '../../../gateway/pipeline/entries.ts';
import { createStreamGuard } from '../../../gateway/pipeline/stream-guard.ts';
import type { EntryResult } from '../../../gateway/pipeline/verdict.ts';
import type { TextScanner } from '../../../gateway/policies/kind.ts';
import {
  appendScanner,
  chains,
  cut,
  inspecting,
  inspectors,
  leaf,
  type Pattern,
  rewriting,
  testEnv,
  texts,
  tightScanner,
  wholeScanner,
  windowScanner,
} from './fixtures.ts';

const cuts = fc.array(fc.nat(), { maxLength: 12 });

interface Streamed {
  sent: string;
  /** What each call gave, the end's last. */
  outs: string[];
  held: number[];
  error: GatewayError | null;
  results: EntryResult[];
}

function stream(entries: readonly CompiledEntry[], pieces: readonly string[]): Streamed {
  const guard = createStreamGuard({ ...testEnv(), entries });
  const channel = guard.channel(leaf(''));
  const outs: string[] = [];
  const held: number[] = [];
  let error: GatewayError | null = null;
  try {
    for (const piece of pieces) {
      const released = channel.push(piece);
      outs.push(released.text);
      held.push(released.held);
    }
    outs.push(channel.end());
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    error = thrown;
  }
  return { sent: outs.join(''), outs, held, error, results: guard.results() };
}

const told = ({ us: _, ...result }: EntryResult): unknown => result;
const perUnit = (text: string): string[] => text.split('');

describe('stream guard', () => {
  it('sends what the whole text would become, for every chain, text and cutting', () => {
    let edited = 0;
    fc.assert(
      fc.property(chains(['redact']), texts, cuts, (entries, text, at) => {
        const whole = inspectTexts(entries, 'output', [leaf(text)], testEnv());
        const { sent, error, results } = stream(entries, cut(text, at));
        expect(error).to.equal(null);
        expect(sent).to.equal(whole.edits[0]?.text ?? text);
        expect(results.map(told)).to.deep.equal(whole.results.map(told));
        edited += whole.edits.length;
      }),
      { numRuns: 3000 },
    );
    expect(edited).to.be.greaterThan(500);
  });

  it('may be given clean pieces at once, for every chain, text and cutting', () => {
    let joined = 0;
    let found = 0;
    fc.assert(
      fc.property(chains(['redact', 'block']), texts, cuts, fc.nat(4), (entries, text, at, size) => {
        const pieces = cut(text, at);
        const apart = stream(entries, pieces);
        const guard = createStreamGuard({ ...testEnv(), entries });
        const channel = guard.channel(leaf(''));
        let sent = '';
        let error: unknown = null;
        try {
          for (let from = 0; from < pieces.length; from += size + 1) {
            const group = pieces.slice(from, from + size + 1);
            const clean = channel.clean?.(group.join('')) === true;
            if (clean) joined += group.length - 1;
            for (const piece of clean ? [group.join('')] : group) sent += channel.push(piece).text;
          }
          sent += channel.end();
        } catch (thrown) {
          error = thrown;
        }
        // What waited for text to stand for may leave with its group; after a refusal it does not leave alone.
        expect(error === null ? sent : sent.slice(0, apart.sent.length)).to.equal(apart.sent);
        expect((error as GatewayError | null)?.message).to.equal(apart.error?.message);
        expect(guard.results().map(told)).to.deep.equal(apart.results.map(told));
        if (apart.results.some((one) => one.findings.length > 0)) found += 1;
      }),
      { numRuns: 3000 },
    );
    expect(joined).to.be.greaterThan(500);
    expect(found).to.be.greaterThan(500);
  });

  it('masks what several entries find in one another once, far into a stream too', () => {
    const ab = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength });
    const entry = fc.record({
      word: ab(5),
      make: fc.constantFrom(windowScanner, (patterns: Pattern[]) => tightScanner(patterns[0]!)),
      mode: fc.constantFrom('enforce' as const, 'enforce' as const, 'observe' as const),
    });
    let united = 0;
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 2, maxLength: 4 }),
        ab(20),
        cuts,
        fc.boolean(),
        (list, tail, at, apart) => {
          const entries = list.map(({ word, make, mode }, n) =>
            inspecting('redact', make([{ word, replacement: `<${n}>` }]), { id: `e${n}`, mode }),
          );
          const filler = '.'.repeat(600);
          const whole = inspectTexts(entries, 'output', [leaf(filler + tail)], testEnv());
          const [first = '', ...rest] = cut(tail, at);
          const { sent, results } = stream(
            entries,
            apart ? [filler, first, ...rest] : [filler + first, ...rest],
          );
          expect(sent).to.equal(whole.edits[0]?.text ?? filler + tail);
          expect(results.map(told)).to.deep.equal(whole.results.map(told));
          united += whole.results.filter(({ findings }) => findings.length > 0).length > 1 ? 1 : 0;
        },
      ),
      { numRuns: 2000 },
    );
    expect(united).to.be.greaterThan(300);
  });

  it('blocks exactly when the whole text would, and has sent no unit of what was matched', () => {
    let blocks = 0;
    fc.assert(
      fc.property(
        fc.array(inspectors(['block', 'escalate']), { minLength: 1, maxLength: 4 }),
        texts,
        cuts,
        (entries, text, at) => {
          const firsts = entries.flatMap((entry) => {
            const [result] = inspectTexts([entry], 'output', [leaf(text)], testEnv()).results;
            return result?.verdict === 'block' ? [result.findings[0]!.offset] : [];
          });
          const { sent, error } = stream(entries, cut(text, at));
          expect(error?.code).to.equal(firsts.length > 0 ? 'output_blocked' : undefined);
          expect(text.startsWith(sent)).to.equal(true);
          if (firsts.length === 0) expect(sent).to.equal(text);
          else expect(sent.length).to.be.at.most(Math.min(...firsts));
          blocks += error === null ? 0 : 1;
        },
      ),
      { numRuns: 2000 },
    );
    expect(blocks).to.be.greaterThan(300);
  });

  it('blocks exactly when the whole text would, in chains that also rewrite and redact', () => {
    fc.assert(
      fc.property(chains(['block', 'redact', 'redact']), texts, cuts, (entries, text, at) => {
        const whole = inspectTexts(entries, 'output', [leaf(text)], testEnv());
        const { sent, error } = stream(entries, cut(text, at));
        expect(error?.code).to.equal(whole.error?.code);
        if (whole.error === null) expect(sent).to.equal(whole.edits[0]?.text ?? text);
      }),
      { numRuns: 2000 },
    );
  });

  it('holds only what could still be the beginning of a match', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 4 }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 12 }),
        (words, text) => {
          const entries = words.map((word, index) =>
            inspecting('block', tightScanner({ word }), { id: `e${index}` }),
          );
          const { held, error } = stream(entries, perUnit(text));
          if (error !== null) return;
          held.forEach((units, index) => {
            const soFar = text.slice(0, index + 1);
            const open = words.map((word) => {
              for (let n = Math.min(word.length - 1, soFar.length); n > 0; n -= 1)
                if (word.startsWith(soFar.slice(-n))) return n;
              return 0;
            });
            expect(units).to.equal(Math.max(...open));
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('says with each piece of text exactly which units it stands for', () => {
    fc.assert(
      fc.property(
        fc.array(inspectors(['block']), { minLength: 1, maxLength: 3 }),
        texts,
        cuts,
        (entries, text, at) => {
          const pieces = cut(text, at);
          const { outs, held } = stream(entries, pieces);
          let taken = 0;
          let decided = 0;
          held.forEach((units, index) => {
            taken += pieces[index]!.length;
            expect(outs[index]).to.equal(text.slice(decided, taken - units));
            decided = taken - units;
          });
        },
      ),
    );
  });

  it('gives edited text together with the units that it replaces, never alone before the end', () => {
    fc.assert(
      fc.property(chains(['redact']), texts, cuts, (entries, text, at) => {
        const pieces = cut(text, at);
        const { outs, held } = stream(entries, pieces);
        let taken = 0;
        let decided = 0;
        held.forEach((units, index) => {
          taken += pieces[index]!.length;
          expect(units).to.be.within(0, taken - decided);
          if (taken - units === decided) expect(outs[index]).to.equal('');
          decided = taken - units;
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('splits no character', () => {
    fc.assert(
      fc.property(
        chains(['redact']),
        fc.string({ unit: fc.constantFrom('a', 'b', '😀', '🙈'), maxLength: 12 }),
        (entries, text) => {
          const { outs } = stream(entries, perUnit(text));
          for (const out of outs) expect(out.isWellFormed(), JSON.stringify(outs)).to.equal(true);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('passes every unit at once, and unchanged, while all entries observe or guide', () => {
    fc.assert(
      fc.property(
        chains(['redact', 'block']),
        fc.constantFrom('observe' as const, 'guide' as const),
        fc.string(),
        cuts,
        (list, mode, text, at) => {
          const entries = list.map((one) => ({ ...one, entry: { ...one.entry, mode } }));
          const pieces = cut(text, at);
          const { outs, held, error } = stream(entries, pieces);
          expect(error).to.equal(null);
          expect(outs).to.deep.equal([...pieces, '']);
          expect(held.every((units) => units === 0)).to.equal(true);
        },
      ),
    );
  });

  it('holds a channel with an enforcing buffered entry until its end', () => {
    const entries = [
      inspecting('redact', wholeScanner(/a+b/g, 'x', '#')),
      inspecting('redact', tightScanner({ word: 'cc', replacement: '$' }), { id: 'other' }),
    ];
    const { outs, held } = stream(entries, ['zaa', 'ab', 'cc ']);
    expect(outs).to.deep.equal(['', '', '', 'z#$ ']);
    expect(held).to.deep.equal([3, 5, 8]);
  });

  for (const waiting of ['no entry', 'an entry that observes', 'an entry that enforces']) {
    it(`shows a scanner little more than the undecided text of a long stream while ${waiting} waits for its end`, () => {
      const seen: number[] = [];
      const inner = windowScanner([{ word: 'secret', notAfter: 'x', replacement: '#' }]);
      const counting: TextScanner = {
        ...inner,
        scan(text, from, final, emit) {
          seen.push(text.length);
          return inner.scan(text, from, final, emit);
        },
      };
      const entries = [inspecting('redact', counting), rewriting(counting, { id: 'rewriter' })];
      const mode = waiting.endsWith('enforces') ? 'enforce' : 'observe';
      if (waiting !== 'no entry')
        entries.push(inspecting('redact', wholeScanner(/ +!/g, 'x'), { id: 'waits', mode }));
      const pieces = Array.from({ length: 5000 }, (_, i) => (i % 50 === 0 ? 'a secret! ' : 'some words '));
      expect(stream(entries, pieces).sent).to.equal(pieces.join('').replaceAll('secret', '#'));
      expect(Math.max(...seen)).to.be.lessThan(700);
    });
  }

  it('does not let a scanner take the middle of a long stream for its beginning', () => {
    const anchored = {
      maxMatchLength: 1,
      contextLength: 0,
      scan(
        text: string,
        from: number,
        _final: boolean,
        emit: (finding: { type: string; start: number; end: number }) => void,
      ) {
        if (from === 0 && text.length > 0) emit({ type: 'first', start: 0, end: 1 });
        return text.length;
      },
    };
    const { sent } = stream([inspecting('redact', anchored)], perUnit('x'.repeat(3000)));
    expect(sent).to.equal(`[REDACTED]${'x'.repeat(2999)}`);
  });

  it('keeps channels apart, and repeats a refusal on each', () => {
    const guard = createStreamGuard({
      ...testEnv(),
      entries: [inspecting('block', tightScanner({ word: 'bad' }))],
    });
    const [one, two] = [guard.channel(leaf('', 0)), guard.channel(leaf('', 1))];
    expect(one.push('ba')).to.deep.equal({ text: '', held: 2 });
    expect(two.push('d is')).to.deep.equal({ text: 'd is', held: 0 });
    expect(() => one.push('d'))
      .to.throw(GatewayError)
      .with.property('code', 'output_blocked');
    expect(() => two.push(' fine'))
      .to.throw(GatewayError)
      .with.property('policy', 'entry');
    expect(() => two.end()).to.throw(GatewayError);
    expect(guard.outcome()).to.deep.include({ verdict: 'block', degraded: false });
    expect(guard.results()[0]?.findings).to.deep.equal([
      { type: 'term', field: 'parts[0]', offset: 0, length: 3 },
    ]);
  });

  it('counts offsets from the beginning of the channel', () => {
    const { results } = stream(
      [inspecting('redact', tightScanner({ word: 'hit' }))],
      [...perUnit('.'.repeat(2000)), 'hi', 't'],
    );
    expect(results[0]?.findings[0]?.offset).to.equal(2000);
  });

  it('runs rewriters of a channel one after another, the appended text inspected too', () => {
    const entries = [
      inspecting('redact', tightScanner({ word: 'secret', replacement: '#' }), { id: 'inspect' }),
      rewriting(tightScanner({ word: 'x', replacement: 'sec' }), { id: 'first' }),
      rewriting(appendScanner(' no secret'), { id: 'second' }),
    ];
    expect(stream(entries, ['so ', 'x', 'ret']).sent).to.equal('so # no #');
  });

  it('lists an entry that waited for the whole text of a broken stream as not run', () => {
    const guard = createStreamGuard({
      ...testEnv(),
      entries: [inspecting('redact', wholeScanner(/a/g, 'x'))],
    });
    guard.channel(leaf('')).push('a');
    expect(guard.results()[0]).to.deep.include({ outcome: 'not_run', reason: 'stream_unfinished' });
  });

  it('refuses text after the end of a channel', () => {
    const channel = createStreamGuard({ ...testEnv(), entries: [] }).channel(leaf(''));
    expect(channel.push('a')).to.deep.equal({ text: 'a', held: 0 });
    expect(channel.end()).to.equal('');
    expect(() => channel.push('b'))
      .to.throw(GatewayError)
      .with.property('code', 'upstream_invalid');
  });
});
