/**
 * Something outside of this process, other than the objects, cannot be reached or refuses what is asked of it. It may
 * be asked again, and its message alone says all that is known.
 */
export class OutsideError extends Error {}
