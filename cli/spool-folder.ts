import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { VERIFY_EXIT } from '../gateway/contract/verify-lines.ts';
import { CliError } from './io.ts';

/** Where a state folder has the spool of its gateway: of `kt gateway run`, then of a gateway's own folder. */
const PLACES = [['gateway', 'spool'], ['spool']] as const;

/**
 * The spool that a person means by a path: the path itself, or the spool in it where it is a state folder.
 * @param anchored an outside head says what there was, so that an empty folder is one whose events are gone
 * @throws CliError for a folder that holds neither
 */
export function spoolOf(path: string, anchored: boolean): string {
  const names = namesIn(path);
  // A file, or nothing: whoever reads it says so.
  if (names === null || names.some(isSegment)) return path;
  const found = PLACES.map((place) => join(path, ...place)).find((place) => namesIn(place)?.some(isSegment));
  if (found !== undefined) return found;
  if (anchored) return path;
  throw new CliError(
    `${path} holds no events: give a spool folder, such as .keeptrusts/gateway/spool of 'kt gateway run'. ` +
      "What 'kt up' has recorded is verified by 'kt events verify' without a path.",
    VERIFY_EXIT.unreadable,
  );
}

const isSegment = (name: string): boolean => name.endsWith('.seg');

function namesIn(folder: string): string[] | null {
  try {
    return readdirSync(folder);
  } catch {
    return null;
  }
}
