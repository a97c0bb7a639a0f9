import type { ChannelGuard, StreamOptions } from '../../../../gateway/dialects/dialect.ts';
import { GatewayError } from '../../../../gateway/errors.ts';
import type { LeafFacts } from '../../../../gateway/policies/kind.ts';

const SSN = /\d{3}-\d{2}-\d{4}/;
const SSN_BEGINNING = /^(?:\d{1,3}|\d{3}-\d{0,2}|\d{3}-\d{2}-\d{0,3})$/;
const SSN_LENGTH = 11;

/** What the fake check makes of a whole text. */
export function maskSsn(text: string): string {
  return text.replaceAll(new RegExp(SSN, 'g'), '[SSN]');
}

/** The same for a text in pieces: holds what could be the beginning of a number. */
export function ssnGuard(): ChannelGuard {
  let held = '';
  const take = (final: boolean): string => {
    let out = '';
    for (let hit = SSN.exec(held); hit !== null; hit = SSN.exec(held)) {
      out += `${held.slice(0, hit.index)}[SSN]`;
      held = held.slice(hit.index + SSN_LENGTH);
    }
    let from = final ? held.length : Math.max(0, held.length - SSN_LENGTH + 1);
    while (from < held.length && !SSN_BEGINNING.test(held.slice(from))) from++;
    out += held.slice(0, from);
    held = held.slice(from);
    return out;
  };
  return {
    push(text) {
      held += text;
      return { text: take(false), held: held.length };
    },
    end: () => take(true),
  };
}

/** Blocks instead of masking. */
export function ssnBlocker(): ChannelGuard {
  const inner = ssnGuard();
  const check = (text: string): string => {
    if (text.includes('[SSN]')) throw new GatewayError('output_blocked', 'blocked', { policy: 'test' });
    return text;
  };
  return {
    push(text) {
      const { text: out, held } = inner.push(text);
      return { text: check(out), held };
    },
    end: () => check(inner.end()),
  };
}

export function passAll(): ChannelGuard {
  return { push: (text) => ({ text, held: 0 }), end: () => '' };
}

/** Finds nothing, and holds as much as `dice` says each time. */
export function holder(dice: () => number): ChannelGuard {
  let held = '';
  return {
    push(text) {
      held += text;
      const keep = dice() % (held.length + 1);
      const out = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return { text: out, held: keep };
    },
    end() {
      const out = held;
      held = '';
      return out;
    },
  };
}

/** Options of a stream whose channels all get such a guard. */
export function options(
  guard: (leaf: LeafFacts) => ChannelGuard,
  more: Partial<StreamOptions> = {},
): StreamOptions {
  return { channel: guard, dropUsageChunk: false, maxFrameBytes: 1 << 20, ...more };
}

/** A sequence of whole numbers that is the same for the same seed. */
export function dice(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
