import type { CompiledEntry } from '../../../gateway/config/plan.ts';
import { entryOf } from '../pipeline/fixtures.ts';
import { compile, kindOf } from './compile.ts';

/** An enforcing entry of a real kind. */
export function built(kind: string, settings: object): CompiledEntry {
  const entry = entryOf(compile(kind, settings), { kind, id: kind });
  return { ...entry, kind: { ...entry.kind, streaming: kindOf(kind).streaming } };
}
