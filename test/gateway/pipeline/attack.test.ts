import { expect } from 'chai';
import fc from 'fast-check';
import type { CompiledEntry } from '../../../gateway/config/plan.ts';
import { GatewayError } from '../../../gateway/errors.ts';
import { inspectTexts } from '../../../gateway/pipeline/entries.ts';
import { createStreamGuard } from '../../../gateway/pipeline/stream-guard.ts';
import {
  appendScanner,
  entryOf,
  hook,
  inspecting,
  leaf,
  rewriting,
  testEnv,
  tightScanner,
  windowScanner,
} from './fixtures.ts';

const CANARY = 'KT-CANARY-7f3a';
const mask = inspecting('redact', windowScanner([{ word: CANARY, replacement: '[C]' }]), { id: 'mask' });
const falcon = inspecting('block', tightScanner({ word: 'falcon' }), { id: 'falcon' });

const judge = (entries: readonly CompiledEntry[], ...textsOf: string[]) =>
  inspectTexts(entries, 'output', textsOf.map(leaf), testEnv());

/** What a client has seen when a text came in these pieces, and the code that ended it. */
function watch(
  entries: readonly CompiledEntry[],
  pieces: Iterable<string>,
): { seen: string; code: string | null } {
  const channel = createStreamGuard({ ...testEnv(), entries }).channel(leaf(''));
  let seen = '';
  try {
    for (const piece of pieces) seen += channel.push(piece).text;
    return { seen: seen + channel.end(), code: null };
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    return { seen, code: thrown.code };
  }
}

describe('attacks on redaction', () => {
  it('a canary comes out of no leaf, wherever in it and whatever around it', () => {
    const around = [
      '',
      ' ',
      '\0',
      '\ud83d',
      '\ude00',
      '😀',
      CANARY.slice(0, -1),
      CANARY.slice(1),
      'x'.repeat(70_000),
    ];
    const texts = around.flatMap((a) => around.map((b) => a + CANARY + b));
    const outcome = judge([mask], ...texts);
    const edited = new Map(outcome.edits.map(({ ref, text }) => [ref, text]));
    texts.forEach((_, ref) => {
      expect(edited.get(ref)).to.be.a('string').that.does.not.contain(CANARY);
    });
  });

  it('a canary cut at every unit comes out of no stream, whatever the other entries hold', () => {
    const others = [
      rewriting(tightScanner({ word: 'KT-', replacement: 'KT-' }), { id: 'r' }),
      inspecting('redact', tightScanner({ word: '7f3a and', replacement: '' }), { id: 'overlap' }),
      inspecting('redact', tightScanner({ word: 'CANARY', replacement: '*' }), { id: 'inner' }),
      inspecting('block', tightScanner({ word: '3a and more' }), { id: 'hold' }),
    ];
    const text = `so ${CANARY} and ${CANARY}${CANARY} end`;
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...others, mask], { minLength: 1 }),
        fc.nat(text.length),
        (chain, at) => {
          const entries = chain.includes(mask) ? chain : [...chain, mask];
          for (const pieces of [[text.slice(0, at), text.slice(at)], text]) {
            const { seen, code } = watch(entries, pieces);
            expect(code).to.equal(null);
            for (const part of [CANARY, 'KT-', '7f3a', 'CANARY']) expect(seen).not.to.contain(part);
          }
        },
      ),
    );
  });

  it('a redaction without a marker does not join what stood apart', () => {
    const empty = inspecting('redact', tightScanner({ word: '@x', replacement: '' }), { id: 'weak' });
    const [edit] = judge([empty, falcon, mask], 'fal@xcon KT-CAN@xARY-7f3a').edits;
    expect(edit?.text).to.equal('fal[REDACTED]con KT-CAN[REDACTED]ARY-7f3a');
  });

  it('a narrow redaction does not make a wide one miss its text, in any order', () => {
    const narrow = inspecting('redact', tightScanner({ word: 'CANARY', replacement: 'bird' }), {
      id: 'narrow',
    });
    expect(judge([narrow, mask], CANARY).edits[0]?.text).to.equal('bird');
    expect(judge([mask, narrow], CANARY).edits[0]?.text).to.equal('[C]');
  });
});

describe('attacks on a block', () => {
  it('a redaction of a part does not hide it', () => {
    const hide = inspecting('redact', tightScanner({ word: 'alco', replacement: '?' }), { id: 'hide' });
    for (const chain of [
      [hide, falcon],
      [falcon, hide],
    ]) {
      expect(judge(chain, 'a falcon').error?.code).to.equal('output_blocked');
      expect(watch(chain, 'a falcon')).to.deep.equal({ seen: 'a ', code: 'output_blocked' });
    }
  });

  it('a rewriter cannot put together what is blocked: by deleting, by replacing, by adding', () => {
    const tricks = [
      rewriting(tightScanner({ word: '-', replacement: '' }), { id: 'delete' }),
      rewriting(tightScanner({ word: 'bird', replacement: 'fal' }), { id: 'replace' }),
      rewriting(appendScanner('con'), { id: 'append' }),
    ];
    for (const text of ['a fal-con', 'a birdcon', 'a f-a-l']) {
      for (const chain of [
        [...tricks, falcon],
        [falcon, ...tricks],
      ]) {
        expect(judge(chain, text).error?.code, text).to.equal('output_blocked');
        expect(watch(chain, text), text).to.deep.equal({ seen: 'a ', code: 'output_blocked' });
      }
    }
  });

  it('a rewriter in observe mode does not take the text away from it', () => {
    const eraser = rewriting(tightScanner({ word: 'falcon', replacement: 'bird' }), {
      id: 'eraser',
      mode: 'observe',
    });
    expect(judge([eraser, falcon], 'falcon').error?.code).to.equal('output_blocked');
  });

  it('nothing more comes out after it, also of other channels', () => {
    const guard = createStreamGuard({ ...testEnv(), entries: [falcon] });
    const [one, two] = [guard.channel(leaf('', 0)), guard.channel(leaf('', 1))];
    two.push('held: fal');
    expect(() => one.push('falcon')).to.throw(GatewayError);
    for (const call of [() => two.push('x'), () => two.end(), () => one.end()])
      expect(call).to.throw(GatewayError);
  });

  it('halves in two channels are no match, and each half comes out of its own', () => {
    const guard = createStreamGuard({ ...testEnv(), entries: [falcon] });
    const [one, two] = [guard.channel(leaf('', 0)), guard.channel(leaf('', 1))];
    expect(one.push('fal').text + two.push('con').text + one.end() + two.end()).to.equal('confal');
  });

  it('an endless beginning of a match holds back no more than one match', () => {
    const { maxMatchLength } = falcon.policy.inspectText!.scanner;
    const channel = createStreamGuard({ ...testEnv(), entries: [falcon] }).channel(leaf(''));
    for (let n = 0; n < 10_000; n += 1) expect(channel.push('falco').held).to.be.lessThan(maxMatchLength!);
  });
});

describe('attacks on the record', () => {
  it('what a scanner throws about the text is in no message and no result', () => {
    const chatty = entryOf({
      inspectText: hook('block', {
        maxMatchLength: 1,
        contextLength: 0,
        scan(text) {
          throw new Error(`cannot parse ${text}`);
        },
      }),
    });
    const outcome = judge([chatty, mask], CANARY);
    expect(
      JSON.stringify([outcome.results, outcome.error, outcome.error?.message, outcome.warnings]),
    ).not.to.contain(CANARY);
    expect(outcome.error?.cause).to.equal(undefined);
  });

  it('no finding carries text, however many there are', () => {
    const outcome = judge([mask, falcon], `${CANARY} `.repeat(500), 'falcon');
    expect(JSON.stringify(outcome.results)).not.to.match(/CANARY/);
    expect(JSON.stringify(outcome.results).length).to.be.lessThan(8_000);
  });

  it('an entry that fails on one leaf does not excuse the others from its rule', () => {
    const picky = entryOf({
      inspectText: hook('block', tightScanner({ word: 'falcon' }), ({ path }) => {
        if (path === 'parts[0]') throw new Error('no');
        return true;
      }),
    });
    const outcome = inspectTexts([picky], 'output', ['x', 'falcon'].map(leaf), testEnv('allow'));
    expect(outcome.error?.code).to.equal('output_blocked');
  });
});
