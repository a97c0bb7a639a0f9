import type { GatewayKey } from './document.ts';

/** Where a gateway asks for the keys of its callers. */
export const KEY_PAGES_PATH = '/v1/keys/changes';

/** Seconds that the control plane holds an answer back at most while nothing changes. */
export const MAX_KEY_WAIT_SECONDS = 30;

/** One answer at `KEY_PAGES_PATH`: keys in force, and what is gone, since the cursor that was sent. */
export interface KeyPage {
  /** What to send as `after` next. */
  cursor: string;
  /** The beginning of everything: what was held before is to be forgotten. Always so without `after`. */
  whole: boolean;
  /** New ones, in the form of `identity.keys`. A gateway that does not know a member takes none of that key. */
  keys: GatewayKey[];
  /** Ids of those that were revoked. */
  removed: string[];
  /** There is more to read at once; until then what was read is not to be acted on. */
  more: boolean;
}
