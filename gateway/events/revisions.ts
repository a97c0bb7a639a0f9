import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFolder } from '../contract/ensure-folder.ts';

/** One line of the index: from then on, events name this revision. */
interface Activation {
  /** Milliseconds since 1970. */
  at: number;
  hash: string;
  number: number | null;
}

/**
 * The policy configs that a lone gateway ran, by hash: what answers "why" of an event later. A config is kept as long
 * as an event in the spool may name it.
 */
export interface RevisionArchive {
  /** Keeps the document's text and notes that it is in use from now on. The same hash as the last changes nothing. */
  put(revision: { hash: string; number: number | null }, document: string, nowMs: number): void;
  /** The document's text, or null. */
  get(hash: string): string | null;
  /** Deletes what no event since `oldestMs` can name. */
  prune(oldestMs: number): void;
}

/** A request may end this long after its revision was replaced, and clocks are set (ms). */
const MARGIN_MS = 86_400_000;
const HASH = /^(?:sha256:)?([0-9a-f]{8,64})$/;

function fileName(hash: string): string {
  const match = HASH.exec(hash);
  if (match === null) throw new Error(`"${hash.slice(0, 80)}" is no hash of a policy config`);
  return `${match[1]}.yaml`;
}

export function openRevisions(dir: string): RevisionArchive {
  ensureFolder(dir);
  const indexPath = join(dir, 'index.jsonl');
  let index = readIndex(indexPath);

  return {
    put({ hash, number }, document, nowMs) {
      if (index.at(-1)?.hash === hash) return;
      const path = join(dir, fileName(hash));
      writeFileSync(`${path}.next`, document, { mode: 0o600, flush: true });
      renameSync(`${path}.next`, path);
      const activation: Activation = { at: nowMs, hash, number };
      // The break in front keeps it readable behind a line that a crash tore.
      appendFileSync(indexPath, `\n${JSON.stringify(activation)}\n`, { mode: 0o600 });
      index.push(activation);
    },
    get(hash) {
      if (!HASH.test(hash)) return null;
      try {
        return readFileSync(join(dir, fileName(hash)), 'utf8');
      } catch {
        return null;
      }
    },
    prune(oldestMs) {
      // A revision was in use until the next one came; the last one is.
      const kept = index.filter(
        (_, at) => (index[at + 1]?.at ?? Number.POSITIVE_INFINITY) + MARGIN_MS >= oldestMs,
      );
      if (kept.length === index.length) return;
      writeFileSync(`${indexPath}.next`, kept.map((line) => `${JSON.stringify(line)}\n`).join(''), {
        mode: 0o600,
        flush: true,
      });
      renameSync(`${indexPath}.next`, indexPath);
      index = kept;
      const names = new Set(kept.map((line) => fileName(line.hash)));
      for (const name of readdirSync(dir)) {
        if (name.endsWith('.yaml') && !names.has(name)) rmSync(join(dir, name), { force: true });
      }
    },
  };
}

/** Lines that a crash tore are left out: at worst a revision is kept for longer. */
function readIndex(path: string): Activation[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      const parsed: Activation = JSON.parse(line);
      return typeof parsed.hash === 'string' && HASH.test(parsed.hash) && typeof parsed.at === 'number'
        ? [parsed]
        : [];
    } catch {
      return [];
    }
  });
}
