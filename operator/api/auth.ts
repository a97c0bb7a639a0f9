import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFolder } from '../../gateway/contract/ensure-folder.ts';
import { narrowFile, writeOwnFile } from '../../gateway/contract/own-file.ts';

/** A user of the cluster, as its API server names them. */
export interface ClusterUser {
  username: string;
  uid: string;
  groups: readonly string[];
  extra: Readonly<Record<string, readonly string[]>>;
}

export interface Person {
  role: 'person';
  /** Null for the one person of local mode. */
  user: ClusterUser | null;
}

/** May write only what is its own. */
export interface CallingGateway {
  role: 'gateway';
  namespace: string;
  gateway: string;
  /** The only instance that it may speak for: the pod that the token was made for. Null where tokens name none. */
  instance: string | null;
  /** Uid of its ServiceAccount; null where it has none. */
  account: string | null;
}

/** Who calls the API. */
export type Caller = Person | CallingGateway;

export interface Authenticator {
  /**
   * Null for a token that nobody was given.
   * @throws ApiError `access_not_checked` where nobody can say at the moment: that is not a no
   */
  authenticate(token: string): Promise<Caller | null>;
}

/** Tokens of local mode: one for people, and one for each gateway, all from one secret in the state folder. */
export interface LocalTokens extends Authenticator {
  readonly personToken: string;
  /** File that holds the people's token, readable by its owner only. */
  readonly personTokenFile: string;
  gatewayToken(namespace: string, gateway: string): string;
}

const SECRET_BYTES = 32;
const SECRET = /^[0-9a-f]{64}$/;

/** Reads or makes the secret in `dir` (mode 0600). */
export function createLocalTokens(dir: string): LocalTokens {
  ensureFolder(dir);
  const secret = readOrMake(join(dir, 'token-secret'));
  const mac = (text: string): string =>
    createHmac('sha256', Buffer.from(secret, 'hex')).update(text).digest('base64url');
  const personToken = `kt_local_${mac('person')}`;
  const personTokenFile = join(dir, 'token');
  writeOwnFile(personTokenFile, `${personToken}\n`);
  const gatewayToken = (namespace: string, gateway: string): string =>
    `kt_gateway_${namespace}.${gateway}.${mac(`gateway\n${namespace}\n${gateway}`)}`;
  return {
    personToken,
    personTokenFile,
    gatewayToken,
    async authenticate(token) {
      if (same(token, personToken)) return { role: 'person', user: null };
      const [, namespace, gateway] = /^kt_gateway_([a-z0-9-]+)\.([a-z0-9-]+)\./.exec(token) ?? [];
      if (namespace === undefined || gateway === undefined) return null;
      if (!same(token, gatewayToken(namespace, gateway))) return null;
      return { role: 'gateway', namespace, gateway, instance: null, account: null };
    },
  };
}

/**
 * A file that a full disk or a power cut left half-written or empty is made anew: every token is made from the secret,
 * at each start, and of an empty one everybody could make them.
 */
function readOrMake(file: string): string {
  narrowFile(file);
  const found = read(file);
  if (found !== null && SECRET.test(found)) return found;
  const value = randomBytes(SECRET_BYTES).toString('hex');
  writeOwnFile(`${file}.new`, `${value}\n`);
  renameSync(`${file}.new`, file);
  return value;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return null;
  }
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
