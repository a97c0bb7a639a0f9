import { readFileSync } from 'node:fs';
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { Server } from './supervise.ts';

/** How long a server may take until it is ready, in milliseconds: seconds on a free machine, more on a busy one. */
const READY_LIMIT_MS = 90_000;
const BETWEEN_MS = 50;

/** The port that was free a moment ago is not. */
export class PortTaken extends Error {}

export interface Probe {
  url: string;
  /** PEM file of the authority; it need not exist yet. */
  authorityFile?: string;
  token?: string;
}

/**
 * Resolves when the server answers 200.
 *
 * @throws PortTaken, or Error with the end of the log of a server that ended or took too long.
 */
export async function untilReady(server: Server, probe: Probe, logFile: string): Promise<void> {
  let how: string | null = null;
  void server.ended.then((end) => {
    how = end;
  });
  const limit = performance.now() + READY_LIMIT_MS;
  while (performance.now() < limit) {
    if (await answersOk(probe)) return;
    if (how !== null) throw faultOf(logFile, `ended (${how}) before it was ready`);
    await delay(BETWEEN_MS);
  }
  throw faultOf(logFile, `was not ready within ${READY_LIMIT_MS / 1000} s`);
}

function faultOf(logFile: string, what: string): Error {
  const log = readFileSync(logFile, 'utf8');
  if (log.includes('address already in use')) return new PortTaken(`${logFile}: address already in use`);
  const name = /([^/]+)\.log$/.exec(logFile)?.[1];
  return new Error(
    `${name} ${what}. The end of its log:\n${log.trimEnd().split('\n').slice(-15).join('\n')}`,
  );
}

function answersOk({ url, authorityFile, token }: Probe): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const options = {
        timeout: 5_000,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      };
      const request =
        authorityFile === undefined
          ? getPlain(url, options)
          : getSecure(url, { ...options, ca: readFileSync(authorityFile), agent: false });
      request.once('response', (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      request.once('timeout', () => request.destroy());
      request.once('error', () => resolve(false));
    } catch {
      // The certificate is not written yet.
      resolve(false);
    }
  });
}
