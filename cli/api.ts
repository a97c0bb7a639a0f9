import type { Endpoint } from './endpoint.ts';
import { CliError } from './io.ts';

type Query = Readonly<Record<string, string | undefined>>;

/** Calls the API that `endpoint` names. */
export interface ApiClient {
  readonly endpoint: Endpoint;
  /** @throws CliError with the API's own code and message, or why it cannot be reached */
  get<T>(path: string, query?: Query): Promise<T>;
  /** @throws as `get` does */
  send<T>(method: 'POST' | 'DELETE', path: string, body?: object): Promise<T>;
}

/** Milliseconds that one call may take. */
const CALL_TIMEOUT_MS = 30_000;

const NOTHING_RUNS = "Start 'kt up' or 'kt gateway run', or name another with --api-url.";
const POD_IS_GONE = 'The operator may have been started anew: look at its pods.';

export function createApiClient(endpoint: Endpoint): ApiClient {
  async function call(method: string, path: string, query: Query, body?: object) {
    const base = (await endpoint.port?.url()) ?? endpoint.url;
    const url = new URL(base + path);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, value);
    const headers: Record<string, string> = { accept: 'application/json' };
    const token = endpoint.bearer === undefined ? endpoint.token : await endpoint.bearer();
    if (token !== '') headers['authorization'] = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(url, {
        method,
        headers,
        // Nobody but the address that was named gets the token.
        redirect: 'manual',
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      text = await answer.text();
    } catch (error) {
      endpoint.port?.drop();
      const remedy = endpoint.port === undefined ? NOTHING_RUNS : POD_IS_GONE;
      throw new CliError(`${base} (from ${endpoint.from}) cannot be reached: ${reason(error)}. ${remedy}`);
    }
    if (!answer.ok) throw new CliError(refusal(answer.status, text, endpoint));
    try {
      return JSON.parse(text);
    } catch {
      throw new CliError(
        `${url.origin}${url.pathname} answered something that is not JSON. Is it the API of Keeptrusts?`,
      );
    }
  }

  return {
    endpoint,
    get: (path, query = {}) => call('GET', path, query),
    send: (method, path, body) => call(method, path, {}, body),
  };
}

function reason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  // The words of fetch alone do not say whose rule it is.
  if (cause instanceof Error && cause.message === 'bad port')
    return 'its port is one that HTTP clients refuse';
  return cause instanceof Error ? ('code' in cause && String(cause.code)) || cause.message : String(cause);
}

function refusal(status: number, text: string, endpoint: Endpoint): string {
  if (status === 401 && endpoint.bearer !== undefined)
    return `${endpoint.url} (from ${endpoint.from}) refused your token. Is it the API of the cluster that you named?`;
  if (status === 401) {
    return (
      `${endpoint.url} refused the token (from ${endpoint.from}). Give one with --api-token or KEEPTRUSTS_API_TOKEN, ` +
      'or name the cluster whose token you have with --context.'
    );
  }
  try {
    const { error } = JSON.parse(text);
    return `${error.code}: ${error.message}`;
  } catch {
    return `${endpoint.url} answered with status ${status}`;
  }
}
