import { expect } from 'chai';
import fc from 'fast-check';
import type { CompiledEntry } from '../../../gateway/config/plan.ts';
import { GatewayError } from '../../../gateway/errors.ts';
import { inspectTexts } from '../../../gateway/pipeline/entries.ts';
import { createStreamGuard } from '../../../gateway/pipeline/stream-guard.ts';
import type { EntryResult } from '../../../gateway/pipeline/verdict.ts';
import { chains, cut, leaf, testEnv, texts } from './fixtures.ts';

const cuts = fc.array(fc.nat(), { maxLength: 12 });

interface Streamed {
  sent: string;
  error: GatewayError | null;
  results: EntryResult[];
}

function stream(entries: readonly CompiledEntry[], pieces: readonly string[]): Streamed {
  const guard = createStreamGuard({ ...testEnv(), entries });
  const channel = guard.channel(leaf(''));
  let sent = '';
  let error: GatewayError | null = null;
  try {
    for (const piece of pieces) sent += channel.push(piece).text;
    sent += channel.end();
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    error = thrown;
  }
  return { sent, error, results: guard.results() };
}

const told = ({ us: _, ...result }: EntryResult): unknown => result;

describe('stream guard', () => {
  it('sends what the whole text would become, for every chain, text and cutting', () => {
    fc.assert(
      fc.property(chains(['redact']), texts, cuts, (entries, text, at) => {
        const whole = inspectTexts(entries, 'output', [leaf(text)], testEnv());
        const { sent, error, results } = stream(entries, cut(text, at));
        expect(error).to.equal(null);
        expect(sent).to.equal(whole.edits[0]?.text ?? text);
        expect(results.map(told)).to.deep.equal(whole.results.map(told));
      }),
      { numRuns: 3000 },
    );
  });
});
