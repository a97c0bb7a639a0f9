import { KeyFeed } from '../../operator/api/key-feed.ts';
import { systemClock } from '../../operator/runtime/clock.ts';
import type { Store } from '../../operator/store/store.ts';

/** Tells of the keys of a store to which nobody else writes. */
export function loneKeyFeed(store: Store): KeyFeed {
  return new KeyFeed({ store, clock: systemClock, lookMs: null, onTrouble: () => undefined });
}
