import { expect } from 'chai';
import type { CompiledEntry } from '../../gateway/config/plan.ts';
import { inspectTexts } from '../../gateway/pipeline/entries.ts';
import { createStreamGuard } from '../../gateway/pipeline/stream-guard.ts';
import {
  inspecting,
  leaf,
  rewriting,
  testEnv,
  tightScanner,
  windowScanner,
} from '../gateway/pipeline/fixtures.ts';

const removal = rewriting(windowScanner([{ word: 'c', replacement: '' }]));
const apart = ['\ud83d', 'c', '\ude00'];

/**
 * A rewriter that removed what stood between two lone halves of a character gave them on one by one, so that the next
 * entry decided the first before it was part of a character.
 */
describe('issue: two halves that a removal joins', () => {
  const next: Record<string, (word: string) => CompiledEntry> = {
    redaction: (word) => inspecting('redact', tightScanner({ word }), { id: 'next', index: 1 }),
    rewriter: (word) => rewriting(tightScanner({ word, replacement: 'x' }), { id: 'next', index: 1 }),
  };
  for (const [kind, entry] of Object.entries(next)) {
    for (const [half, word] of Object.entries({ first: '\ud83d', second: '\ude00' })) {
      it(`are one character to a ${kind} after it that finds the ${half}`, () => {
        const entries = [removal, entry(word)];
        const whole = inspectTexts(entries, 'output', [leaf(apart.join(''))], testEnv()).edits[0]?.text;
        for (const pieces of [apart, [apart.join('')]]) {
          const guard = createStreamGuard({ ...testEnv(), entries });
          const channel = guard.channel(leaf(''));
          const sent = pieces.map((piece) => channel.push(piece).text).join('') + channel.end();
          expect(sent).to.equal(whole);
        }
      });
    }
  }
});
