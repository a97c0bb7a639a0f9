import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';

export interface ApiAnswer {
  status: number;
  body: Record<string, unknown>;
}

interface Kubeconfig {
  'current-context': string;
  contexts: { name: string; context: { cluster: string; user: string } }[];
  clusters: { name: string; cluster: Record<string, string> }[];
  users: { name: string; user: Record<string, string> }[];
}

/**
 * An API server as a plain HTTPS client sees it: what comes back is what was sent, nothing interpreted, so that tests
 * can look at our own client from outside. Understands kubeconfigs with certificates or a token, inline or as files.
 */
export class KubeApi {
  readonly url: string;
  readonly #agent: Agent;
  readonly #headers: Record<string, string>;

  constructor(kubeconfig: string, connections = 16) {
    const config = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
    const named = <T extends { name: string }>(list: T[], name: string | undefined): T => {
      const found = list.find((item) => item.name === name);
      if (found === undefined) throw new Error(`${kubeconfig} names ${name} and does not hold it`);
      return found;
    };
    const { context } = named(config.contexts, config['current-context']);
    const { cluster } = named(config.clusters, context.cluster);
    const { user } = named(config.users, context.user);
    const bytes = (from: Record<string, string>, key: string): Buffer | undefined => {
      const inline = from[`${key}-data`];
      if (inline !== undefined) return Buffer.from(inline, 'base64');
      return from[key] === undefined ? undefined : readFileSync(from[key]);
    };
    this.url = cluster['server'] as string;
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: connections,
      ca: bytes(cluster, 'certificate-authority'),
      cert: bytes(user, 'client-certificate'),
      key: bytes(user, 'client-key'),
    });
    this.#headers = user['token'] === undefined ? {} : { authorization: `Bearer ${user['token']}` };
  }

  /** `path` with its query. A patch names its media type. @throws where there was no answer */
  call(method: string, path: string, body?: unknown, type = 'application/json'): Promise<ApiAnswer> {
    const headers = { ...this.#headers, ...(body === undefined ? {} : { 'content-type': type }) };
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, this.url),
        { method, agent: this.#agent, headers },
        async (response) => {
          try {
            let text = '';
            for await (const chunk of response.setEncoding('utf8')) text += chunk;
            resolve({ status: response.statusCode ?? 0, body: bodyOf(text) });
          } catch (error) {
            reject(error);
          }
        },
      );
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** The same, where anything but success is not expected. @throws with the server's message */
  async must(method: string, path: string, body?: unknown, type?: string): Promise<ApiAnswer['body']> {
    const answer = await this.call(method, path, body, type);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path}: ${answer.status} ${String(answer.body['message'])}`);
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** A path that nobody serves is answered in plain text. */
function bodyOf(text: string): Record<string, unknown> {
  return text.startsWith('{') ? JSON.parse(text) : { message: text };
}
