import { isRecord } from '../runtime/json.ts';
import { type CallDeps, Calls } from './calls.ts';
import type { Kube } from './config.ts';
import { KubeError } from './errors.ts';

/** Who a token belongs to, in the API server's words. */
export interface ReviewedUser {
  username: string;
  uid: string;
  groups: readonly string[];
  extra: Readonly<Record<string, readonly string[]>>;
}

export interface ReviewedToken {
  user: ReviewedUser;
  /** Those of the audiences asked for that the token is for; empty where the server does not know audiences. */
  audiences: readonly string[];
}

export interface ReviewedAccess {
  verb: string;
  group: string;
  resource: string;
  /** Left out for all namespaces. */
  namespace?: string | undefined;
}

/** Milliseconds of one try: a caller waits for the answer, and a gateway gives a report 4 s. */
const TRY_MS = 2500;

const JSON_BODY = { 'content-type': 'application/json' };

/** What the API server knows of tokens and of rights. Every method throws `KubeError` where it cannot be asked. */
export class ReviewClient {
  readonly #calls: Calls;

  /** Its calls wait for none of another client. */
  constructor(kube: Pick<Kube, 'send' | 'renew'>, deps: CallDeps) {
    this.#calls = new Calls(kube, deps);
  }

  /** Null for a token that is not good for any of `audiences`; without them, for the API server itself. */
  async token(token: string, audiences?: readonly string[]): Promise<ReviewedToken | null> {
    const spec = audiences === undefined ? { token } : { token, audiences };
    const {
      authenticated,
      user,
      audiences: fitting,
    } = await this.#review('authentication', 'TokenReview', spec, token);
    if (authenticated !== true) return null;
    if (!isRecord(user) || typeof user['username'] !== 'string' || user['username'] === '')
      throw unusable('TokenReview', 'it names no user');
    return { user: readUser(user, user['username']), audiences: strings(fitting) };
  }

  /** Whether a user may do this. */
  async access({ username, uid, groups, extra }: ReviewedUser, access: ReviewedAccess): Promise<boolean> {
    const who = { user: username, uid, groups, extra };
    const status = await this.#review('authorization', 'SubjectAccessReview', {
      ...who,
      resourceAttributes: access,
    });
    if (status['allowed'] === true) return true;
    // An authorizer failed, which might have allowed it.
    if (typeof status['evaluationError'] === 'string' && status['denied'] !== true)
      throw unusable('SubjectAccessReview', 'an authorizer of the cluster failed');
    return false;
  }

  async #review(
    group: string,
    kind: string,
    spec: object,
    secret?: string,
  ): Promise<Record<string, unknown>> {
    const apiVersion = `${group}.k8s.io/v1`;
    const common = { verb: 'create', method: 'POST', headers: JSON_BODY, kind, subject: kind } as const;
    const call = {
      ...common,
      path: `/apis/${apiVersion}/${kind.toLowerCase()}s`,
      body: JSON.stringify({ apiVersion, kind, spec }),
      // It leaves nothing behind.
      idempotent: true,
    };
    try {
      const answer = await this.#calls.send(call, { timeoutMs: TRY_MS });
      const status = isRecord(answer) ? answer['status'] : undefined;
      if (!isRecord(status)) throw unusable(kind, 'it has no status');
      return status;
    } catch (error) {
      // What is refused as invalid may be quoted.
      if (!(error instanceof KubeError) || secret === undefined || !error.message.includes(secret))
        throw error;
      throw new KubeError(error.status, error.kubeReason, `create ${kind}: HTTP ${error.status}`);
    }
  }
}

/** An answer that answers nothing; it says nothing of other questions. */
const unusable = (kind: string, why: string): KubeError =>
  new KubeError(200, '', `create ${kind}: the answer cannot be used: ${why}`);

function readUser(user: Record<string, unknown>, username: string): ReviewedUser {
  const { uid, groups, extra } = user;
  const lists = Object.entries(isRecord(extra) ? extra : {}).map(([name, values]) => [name, strings(values)]);
  return {
    username,
    uid: typeof uid === 'string' ? uid : '',
    groups: strings(groups),
    extra: Object.fromEntries(lists),
  };
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}
