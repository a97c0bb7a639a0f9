import { OutsideError } from '../runtime/outside-error.ts';

/** A store operation failed: the database says no, or it cannot be reached. Nothing was half done; it may be repeated. */
export class StoreError extends OutsideError {
  override readonly name = 'StoreError';
}
