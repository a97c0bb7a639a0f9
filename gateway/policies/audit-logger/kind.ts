import type { PolicyKind } from '../kind.ts';

/** A marker: the record is written for every identified request, whether or not a chain holds this entry. */
export const kind: PolicyKind<Readonly<Record<string, unknown>>> = {
  name: 'audit-logger',
  version: '1.0.0',
  needs: [],
  streaming: 'none',
  compile: () => ({}),
};
