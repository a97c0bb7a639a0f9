import { readFile, stat } from 'node:fs/promises';
import { Pool } from 'undici';

export interface ControlPlaneOptions {
  /** Base URL; its path stands before every path. */
  url: string;
  /** File with the bearer token, read again whenever it changes. */
  tokenFile?: string;
}

export interface ControlPlaneAnswer {
  status: number;
  /** Seconds that `retry-after` asks for. */
  retryAfter: number | null;
  /** The parsed body, null where it is no JSON object. */
  body: Readonly<Record<string, unknown>> | null;
}

const TIMEOUT_MS = 30_000;
/** A page of keys is the largest; see `nextKeyPage` of the control plane. */
const MAX_ANSWER_BYTES = 8_000_000;

/** One connection to the control plane's API. */
export interface ControlPlaneClient {
  /** @throws Error when there was no answer */
  send(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body: Buffer | string | null,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<ControlPlaneAnswer>;
  close(): Promise<void>;
}

export function createControlPlaneClient(options: ControlPlaneOptions): ControlPlaneClient {
  const base = new URL(options.url);
  const prefix = base.pathname.replace(/\/$/, '');
  const pool = new Pool(base.origin, {
    connections: 2,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    maxResponseSize: MAX_ANSWER_BYTES,
    allowH2: false,
  });
  const token = tokenReader(options.tokenFile);
  return {
    async send(method, path, body, headers, signal) {
      const bearer = await token();
      const answer = await pool.request({
        method,
        path: prefix + path,
        body,
        headers: bearer === null ? headers : { ...headers, authorization: `Bearer ${bearer}` },
        ...(signal !== undefined && { signal }),
      });
      const text = await answer.body.text();
      return {
        status: answer.statusCode,
        retryAfter: readRetryAfter(answer.headers['retry-after']),
        body: readObject(text),
      };
    },
    close: () => pool.destroy(),
  };
}

/** Projected tokens are replaced every hour: the file counts, not what was read once. */
function tokenReader(path: string | undefined): () => Promise<string | null> {
  if (path === undefined) return async () => null;
  let read: { version: string; token: string } | null = null;
  return async () => {
    // A volume swaps the file for another, which a time alone does not tell from one of the same moment.
    const { ino, mtimeMs } = await stat(path);
    const version = `${ino} ${mtimeMs}`;
    if (read?.version !== version) read = { version, token: (await readFile(path, 'utf8')).trim() };
    return read.token;
  };
}

function readRetryAfter(value: string | string[] | undefined): number | null {
  return typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : null;
}

function readObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
