import { KINDS } from '../domain/snapshot.ts';

/** The conditions of each kind. The first status of an object has all of them. */
export const CONDITION_TYPES = {
  [KINDS.policy]: ['Ready', 'Accepted', 'ResolvedRefs', 'Programmed', 'Overridden'],
  [KINDS.target]: ['Ready', 'Accepted', 'Programmed'],
  [KINDS.gateway]: ['Ready', 'Accepted', 'Available', 'Programmed'],
} as const;

export type ConditionType = (typeof CONDITION_TYPES)[keyof typeof CONDITION_TYPES][number];
