import { isRecord } from '../runtime/json.ts';
import { ObjectError } from '../runtime/objects.ts';

interface StatusBody {
  reason: string;
  message: string | undefined;
  causes: readonly { reason?: unknown; field?: unknown }[];
  retryAfterSeconds: number | undefined;
  /** Plural of the kind that the refusal speaks of. */
  kind: unknown;
}

/** Longest message that is passed on, in characters: a field path and a rule fit, a document does not. */
const MAX_MESSAGE = 1000;

/**
 * An answer that refused a call, or none at all. It holds what the server said and nothing of the request: the
 * library's own errors carry every header, tokens included.
 */
export class KubeError extends ObjectError {
  /** HTTP status; 0 when there was no answer, or nothing was sent. */
  readonly status: number;
  /** The server's own reason, such as `AlreadyExists`; empty when it gave none. */
  readonly kubeReason: string;

  constructor(status: number, kubeReason: string, message: string, retryAfterMs?: number) {
    super(reasonOf(status, kubeReason), cut(message), retryAfterMs);
    this.name = 'KubeError';
    this.status = status;
    this.kubeReason = kubeReason;
  }

  /** The resourceVersion or the page is too old: only a new list helps. */
  get isGone(): boolean {
    return this.status === 410;
  }

  /** Kept back by this process: to ask again at once would be to get the same answer. */
  get isWithheld(): boolean {
    return this.kubeReason === WITHHELD;
  }

  /** Refused for its load, before anything was done. */
  get isThrottled(): boolean {
    return this.status === 429;
  }
}

/** What an apply answers, with status 500, to a field that the schema does not have (kube-apiserver 1.36). */
const UNKNOWN_FIELD = 'failed to create typed patch object';

/** What comes, with status 500, from etcd for an object above its limit of 1.5 MiB. */
const OVER_ETCD_LIMIT = 'request is too large';

/** The cause that the server gives, with status 403, for what is to be made in a namespace that is being deleted. */
const NAMESPACE_ENDING = 'NamespaceTerminating';

/**
 * What an answer's body says about its refusal. `what` is the call in words, such as `apply ConfigMap/team-a/x`.
 */
export function refusal(status: number, body: string, what: string, retryAfterMs?: number): KubeError {
  const { reason, message, causes, retryAfterSeconds, kind } = readStatus(body);
  let kubeReason = reason;
  const tooLong = causes.some((cause) => cause.reason === 'FieldValueTooLong');
  if (tooLong && status === 422 && isWholeObject(causes)) kubeReason = 'TooLarge';
  // The server calls these its own faults, but asking again would get the same answer.
  if (message?.startsWith(UNKNOWN_FIELD)) kubeReason = 'Invalid';
  if (message?.includes(OVER_ETCD_LIMIT)) kubeReason = 'TooLarge';
  // An apply with a uid that came too late; only where there is no object at all the server calls it a conflict.
  if (causes.some(({ field }) => field === 'metadata.uid')) kubeReason = 'Conflict';
  const isEnding = causes.some((cause) => cause.reason === NAMESPACE_ENDING);
  if (isEnding || (status === 404 && kind === 'namespaces')) kubeReason = NAMESPACE_ENDING;
  const wait = retryAfterMs ?? (retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1000);
  return new KubeError(status, kubeReason, `${what}: ${message ?? `HTTP ${status}`}`, wait);
}

/** Keeps a request back before it is sent; the message says why. */
export class Withheld extends Error {}

/** Stands for the server's reason of a call that was kept back. */
const WITHHELD = 'Withheld';

/** A call that was kept back, of which the server knows nothing. */
export function notSent({ message }: Withheld, what: string): KubeError {
  return new KubeError(0, WITHHELD, `${what}: not sent: ${message}`);
}

/** A call that got no answer: refused, reset, timed out. */
export function noAnswer(error: unknown, what: string): KubeError {
  return new KubeError(0, '', `${what}: no answer from the API server: ${codeOf(error)}`);
}

/** What the kubeconfig names as its credential is missing, or failed: nothing was sent. */
export class CredentialError extends Error {}

/** What TLS has against a server, as a code of OpenSSL or Node; null where it is something else. */
export function tlsFault(error: unknown): string | null {
  const code = codeOf(error);
  return TLS_CODE.test(code) ? code : null;
}

/** Codes of certificates that are not believed, and of a peer that speaks no TLS. */
const TLS_CODE = /CERT|^ERR_TLS_|^ERR_SSL_|^UNABLE_TO_|^EPROTO$|^HOSTNAME_MISMATCH$|^INVALID_CA$/;

/** The system's code of an error, or its message; both are free of what was sent. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  return error.cause instanceof Error ? codeOf(error.cause) : error.message;
}

function reasonOf(status: number, kubeReason: string): ObjectError['reason'] {
  if (kubeReason === 'TooLarge' || status === 413) return 'TooLarge';
  if (kubeReason === 'Invalid') return 'Invalid';
  if (kubeReason === NAMESPACE_ENDING) return 'Ending';
  if (status === 404) return 'NotFound';
  if (status === 409 || kubeReason === 'Conflict') return 'Conflict';
  if (status === 400 || status === 422) return 'Invalid';
  if (status === 403) return 'Forbidden';
  return 'Unavailable';
}

/** A ConfigMap that is too large is told of as a whole (field `''` or `[]`), not by a field. */
function isWholeObject(causes: StatusBody['causes']): boolean {
  return causes.every(({ field }) => field === undefined || field === '' || field === '[]');
}

/** What can be read of a refusal: it may come from a proxy as well. */
function readStatus(body: string): StatusBody {
  const status = parse(body);
  const details = isRecord(status['details']) ? status['details'] : {};
  const { causes, retryAfterSeconds, kind } = details;
  return {
    reason: typeof status['reason'] === 'string' ? status['reason'] : '',
    message: typeof status['message'] === 'string' ? status['message'] : undefined,
    causes: Array.isArray(causes) ? causes.filter(isRecord) : [],
    kind,
    retryAfterSeconds: typeof retryAfterSeconds === 'number' ? retryAfterSeconds : undefined,
  };
}

function parse(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return isRecord(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function cut(message: string): string {
  return message.length <= MAX_MESSAGE ? message : `${message.slice(0, MAX_MESSAGE)}…`;
}
