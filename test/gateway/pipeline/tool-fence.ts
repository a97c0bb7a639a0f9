import type { CompiledEntry } from '../../../gateway/config/plan.ts';
import type { Phase } from '../../../gateway/policies/kind.ts';
import { kind } from '../contract/kinds/tool-fence/kind.ts';
import { type EntryOptions, entryOf } from './fixtures.ts';

interface FenceSettings {
  phases?: Phase[];
  denied?: string[];
  escalated?: string;
  hidden?: string[];
  strict?: boolean;
  fails_on?: string;
}

/** An entry of the kind that judges calls of tools in tests. */
export function fence(settings: FenceSettings, options: EntryOptions = {}): CompiledEntry {
  const stated = { phases: ['output'], denied: [], hidden: [], strict: false, ...settings };
  const policy = kind.compile(stated, {
    pattern: () => {
      throw new Error('it has no patterns');
    },
  });
  const entry = entryOf(policy, { id: 'fence', kind: kind.name, ...options });
  return { ...entry, kind: { ...entry.kind, streaming: kind.streaming } };
}
