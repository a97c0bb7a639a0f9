import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DEFAULT_STATE_DIR } from '../gateway/contract/endpoint-file.ts';
import type { Running } from './control-plane.ts';

/**
 * Shown when the gateways are ready, if the folder has it. `{gateway}` stands for the first gateway's address, and
 * `{state-dir}` for the flag by which `kt` finds the state folder, with a space before it; for nothing where it needs none.
 */
const NOTES = 'NOTES.txt';

/** One line that says what runs, and where. */
export function readyLine(running: Pick<Running, 'instances' | 'lack' | 'apiUrl' | 'gateways'>): string {
  const instances = running.instances();
  // Replicas share one address; each has an admin listener of its own.
  const ready = [
    ...new Set(instances.map(({ namespace, gateway, url }) => `${namespace}/${gateway} at ${url}`)),
  ].join(', ');
  const admin = instances.map(({ adminUrl }) => adminUrl).join(', ');
  const starting = running.gateways === 'pods' ? 'gateways run as pods' : 'no gateway yet (it starts)';
  const lack = running.lack();
  const none = lack === null ? starting : `no gateway yet (${lack})`;
  const gateways = ready === '' ? none : `gateway ${ready}`;
  const also = admin === '' ? '' : `Admin at ${admin}. `;
  return `Ready: ${gateways}; API at ${running.apiUrl}. ${also}Ctrl-C ends everything.\n`;
}

/** One line of a process that waits for another to end. */
export function standbyLine(leader: string, { apiUrl }: Pick<Running, 'apiUrl'>): string {
  return `Standing by: ${leader} acts; API at ${apiUrl}. Ctrl-C ends this process.\n`;
}

/** What the folder says to try next; empty where it says nothing, or nothing runs. */
export function notesOf(folder: string, stateDir: string, running: Pick<Running, 'instances'>): string {
  const file = join(folder, NOTES);
  const first = running.instances()[0];
  if (first === undefined || !existsSync(file)) return '';
  const flag = resolve(stateDir) === resolve(DEFAULT_STATE_DIR) ? '' : ` --state-dir ${shellWord(stateDir)}`;
  // By functions: `$` means something in a replacement.
  const notes = readFileSync(file, 'utf8')
    .replaceAll('{gateway}', () => first.url)
    .replaceAll('{state-dir}', () => flag);
  return `\n${notes}`;
}

/** As it can be pasted into a shell. */
function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
