import type { Entry, Source, SourceLevel } from './document.ts';

/**
 * How strong a level is: what stands higher has the first word among inspections (its marker is the one shown where
 * redactions overlap) and the last among rewriters. A hand-written document is one level.
 */
const LEVEL_STRENGTH: Readonly<Record<SourceLevel, number>> = {
  template: 0,
  default: 1,
  namespace: 2,
  gateway: 3,
  route: 4,
  override: 5,
  document: 6,
};

const byText = (a: string | undefined, b: string | undefined): number =>
  (a ?? '') < (b ?? '') ? -1 : (a ?? '') > (b ?? '') ? 1 : 0;

/**
 * The order of entries in a chain: the strongest level first; within a level by `namespace/name` (code units, so that
 * no locale moves a rule), then by index in the object. A total order for entries with distinct ids: in which order
 * they arrive does not matter.
 */
function compareEntries(a: Pick<Entry, 'id' | 'source'>, b: Pick<Entry, 'id' | 'source'>): number {
  const [x, y] = [a.source, b.source];
  return (
    LEVEL_STRENGTH[y.level] - LEVEL_STRENGTH[x.level] ||
    byText(x.namespace, y.namespace) ||
    byText(x.name, y.name) ||
    x.index - y.index ||
    byText(a.id, b.id)
  );
}

/** The chain of a compiled document. A hand-written chain is its own order and never passes here. */
export function composeOrder<T extends Pick<Entry, 'id' | 'source'>>(entries: readonly T[]): T[] {
  return [...entries].sort(compareEntries);
}

/**
 * The order in which the rewriters of a chain run: from the weakest level to the strongest, so that nothing rewrites
 * what an Override wrote; within a level as they stand in the chain.
 */
export function rewriteOrder<T>(rewriters: readonly T[], sourceOf: (rewriter: T) => Source): readonly T[] {
  if (rewriters.length < 2) return rewriters;
  return [...rewriters].sort((a, b) => LEVEL_STRENGTH[sourceOf(a).level] - LEVEL_STRENGTH[sourceOf(b).level]);
}
