import type { Decision } from '../domain/decide.ts';
import type { AcceptedSpec } from '../domain/snapshot.ts';
import { OutsideError } from '../runtime/outside-error.ts';

/** A compiled revision, kept as long as events name it. */
export interface Revision {
  namespace: string;
  gateway: string;
  number: number;
  hash: string;
  document: string;
  objects: Decision['objects'];
}

/** What outlives the operator and the gateways. */
export interface Archive {
  /** Keeps the revision by its hash. */
  keepRevision(revision: Revision): Promise<void>;
  /** Takes the place of what was kept of the namespace before. */
  keepAccepted(namespace: string, specs: readonly AcceptedSpec[]): Promise<void>;
}

/** Lets writes through only while `mayWrite` says so: a process that stood still may have a successor by now. */
export function fencedArchive(archive: Archive, mayWrite: () => boolean): Archive {
  const permit = (): void => {
    if (!mayWrite()) throw new OutsideError('this process does not hold the lease');
  };
  return {
    async keepRevision(revision) {
      permit();
      await archive.keepRevision(revision);
    },
    async keepAccepted(namespace, specs) {
      permit();
      await archive.keepAccepted(namespace, specs);
    },
  };
}

/** Gateways and namespaces whose last write is known. What is forgotten is written once more. */
const MAX_KNOWN = 10_000;

/** Passes on what is news to the archive: most reconciles change nothing. What failed is news again. */
export function onlyNews(archive: Archive): Archive {
  const kept = new Map<string, string>();
  async function keep(key: string, content: string, write: () => Promise<void>): Promise<void> {
    if (kept.get(key) === content) return;
    await write();
    kept.delete(key);
    kept.set(key, content);
    if (kept.size > MAX_KNOWN) kept.delete(kept.keys().next().value!);
  }
  return {
    keepRevision: (revision) => {
      const { namespace, gateway, number, hash } = revision;
      return keep(`${namespace}/${gateway}`, `${number} ${hash}`, () => archive.keepRevision(revision));
    },
    keepAccepted: (namespace, specs) => {
      const content = specs.map(({ uid, generation }) => `${uid} ${generation}`).sort();
      return keep(namespace, content.join(), () => archive.keepAccepted(namespace, specs));
    },
  };
}
