import type { Reconcile } from '../runtime/controller.ts';
import { ObjectError } from '../runtime/objects.ts';

export interface Unwritten {
  /** `Kind/namespace/name`. */
  key: string;
  reason: ObjectError['reason'];
  message: string;
}

/** Statuses that could not be written. What stands in such an object is old, so it has to be told elsewhere. */
export class UnwrittenStatuses {
  readonly #failures = new Map<string, Unwritten>();

  list(): Unwritten[] {
    return [...this.#failures.values()];
  }

  /** The same reconcile, of which failures are remembered until it succeeds. */
  watch(reconcile: Reconcile): Reconcile {
    return async (key, context) => {
      try {
        const result = await reconcile(key, context);
        this.#failures.delete(key);
        return result;
      } catch (error) {
        if (error instanceof ObjectError && error.reason !== 'Ending') {
          this.#failures.set(key, { key, reason: error.reason, message: error.message });
        }
        throw error;
      }
    };
  }
}
