import type { PoolConfig } from 'pg';
import { parse, toClientConfig } from 'pg-connection-string';
import { StoreError } from '../errors.ts';
import type { Whereabouts } from './errors.ts';

const DEFAULT_PORT = 5432;

/**
 * Modes that the parser takes for `verify-full`, with a warning of several lines that they will not stay so. They mean
 * here what PostgreSQL's manual says of them.
 */
const LIBPQ_MODE = /[?&]sslmode=(prefer|require|verify-ca)(&|$)/;

export interface Connection {
  config: PoolConfig;
  where: Whereabouts;
}

/**
 * Reads `DATABASE_URL`: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full&sslrootcert=FILE`.
 * @throws StoreError that does not quote the URL, which holds a password
 */
export function readConnection(url: string): Connection {
  if (!/^postgres(ql)?:\/\//.test(url)) throw unreadable('it does not begin with postgres://');
  if (/[?&]sslmode=verify-ca(&|$)/.test(url) && !/[?&]sslrootcert=./.test(url))
    throw unreadable('sslmode=verify-ca needs sslrootcert, the file of the authority');
  let config: PoolConfig;
  try {
    const useLibpqCompat = LIBPQ_MODE.test(url) && !/[?&]uselibpqcompat=/.test(url);
    config = toClientConfig(parse(url, { useLibpqCompat }));
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    throw unreadable(path === undefined ? 'it is no URL' : `${path} cannot be read (${code})`);
  }
  if (!config.database) throw unreadable('it names no database');
  const { host = 'localhost', port = DEFAULT_PORT, database, user = '' } = config;
  const server = host.startsWith('/') ? host : `${host}:${port}`;
  return { config, where: { server, database, user } };
}

const unreadable = (reason: string): StoreError =>
  new StoreError(
    `DATABASE_URL cannot be used: ${reason}. Give postgres://USER:PASSWORD@HOST:PORT/DATABASE, with characters such as @ / % of the password percent-encoded.`,
  );
