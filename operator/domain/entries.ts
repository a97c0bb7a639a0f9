import type { Entry } from '../../gateway/contract/document.ts';
import { levelOf } from './attach.ts';
import { entryToDocument, FAIL_MODES, MODES } from './mapping.ts';
import type { Policy } from './snapshot.ts';

/**
 * The entries of one policy, each with its source. Nothing is merged: the mode is the entry's own or the policy's.
 * Ids are `<policy>.<entry>`; neither name holds a dot, so they are unique in a namespace.
 *
 * @throws MappingError for a policy that its schema refuses
 */
export function entriesOf(policy: Policy): Entry[] {
  const { namespace, name, generation, spec } = policy;
  return (spec.entries ?? []).map((entry, index) => {
    const { kind, settings } = entryToDocument(entry);
    return {
      id: `${name}.${entry.name}`,
      kind,
      mode: MODES[entry.mode ?? spec.mode],
      ...(entry.failMode === undefined ? {} : { fail_mode: FAIL_MODES[entry.failMode] }),
      ...(entry.blockStatus === undefined ? {} : { block_status: entry.blockStatus }),
      settings,
      source: { level: levelOf(policy), namespace, name, generation, index },
    };
  });
}
