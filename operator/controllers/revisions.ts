import type { Decision } from '../domain/decide.ts';
import type { Holding } from '../status/gateway-state.ts';

/** Compiled revisions of one gateway, oldest first. */
interface Known {
  recent: { number: number; hash: string }[];
  /** By uid: the generation that is in the document, and the first revision that had it. */
  since: ReadonlyMap<string, { generation: number; number: number }>;
}

/** How far an instance may lag behind and still be known to enforce what it enforces. */
const RECENT = 16;

/**
 * Which revisions of a gateway hold an object as it stands. An edit of one object makes a new revision of the whole,
 * and the others are enforced by the old one just as well: their status need not move.
 */
export class Revisions {
  readonly #gateways = new Map<string, Known>();

  add(key: string, { revision, objects, acceptedSpecs }: Decision): void {
    const known = this.#gateways.get(key);
    const recent = known?.recent.filter(({ number }) => number !== revision.number) ?? [];
    const names = new Set(objects.map(({ kind, name }) => `${kind}/${name}`));
    const since = acceptedSpecs
      .filter(({ kind, name }) => names.has(`${kind}/${name}`))
      .map(({ uid, generation }) => {
        const before = known?.since.get(uid);
        return [
          uid,
          before?.generation === generation ? before : { generation, number: revision.number },
        ] as const;
      });
    this.#gateways.set(key, { recent: [...recent, revision].slice(-RECENT), since: new Map(since) });
  }

  remove(key: string): void {
    this.#gateways.delete(key);
  }

  /** Which revisions hold the object as it is in the newest one; null when that has it not. */
  holding(key: string, uid: string): Holding | null {
    const known = this.#gateways.get(key);
    const since = known?.since.get(uid)?.number;
    if (known === undefined || since === undefined) return null;
    return { since, hashes: known.recent.filter(({ number }) => number >= since).map(({ hash }) => hash) };
  }
}
