import { readFileSync } from 'node:fs';
import type { Cluster, KubeConfig, User } from '@kubernetes/client-node';
import { parse } from 'yaml';

export interface KubeOptions {
  /** Path of a kubeconfig. Without it: `KUBECONFIG`, `~/.kube/config`, then the pod's service account. */
  kubeconfig?: string;
  /** Name of the context; the file's current one without it. */
  context?: string;
}

/**
 * Fills an empty configuration and checks that it names a server that can be asked, and credentials.
 * @throws Error with a plain message: no such file, no such context, nothing found, an address or a CA of no use
 */
export function readKubeconfig(config: KubeConfig, { kubeconfig, context }: KubeOptions): KubeConfig {
  if (kubeconfig === undefined) config.loadFromDefault();
  else loadFile(config, kubeconfig);
  if (context !== undefined) config.setCurrentContext(context);
  const where = kubeconfig === undefined ? 'the default kubeconfig' : `the kubeconfig ${kubeconfig}`;
  const current = config.getContextObject(config.currentContext);
  if (current === null) {
    const names = config.getContexts().map(({ name }) => name);
    throw new Error(
      `${where} has no context ${config.currentContext}; it has: ${names.join(', ') || 'none'}`,
    );
  }
  // What the library falls back to when it finds nothing at all.
  if (kubeconfig === undefined && current.name === 'loaded-context') {
    throw new Error('no API server: name a file with --kubeconfig or KUBECONFIG, or run in a pod');
  }
  // Without a user the library leaves the cluster's CA out as well.
  if (config.getUser(current.user) === null) {
    throw new Error(`${where} has no user ${current.user}, which context ${current.name} names`);
  }
  checkCluster(clusterOf(config), where);
  // The library wants this for plain HTTP, where there is nothing to verify.
  config.clusters = config.clusters.map((cluster) =>
    cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster,
  );
  return config;
}

/** The cluster of the current context. @throws Error when the file does not hold it */
export function clusterOf(config: KubeConfig): Cluster {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`the kubeconfig has no cluster for context ${config.currentContext}`);
  return cluster;
}

/** What would otherwise come up with the first request, as a server that does not answer. */
function checkCluster({ server, proxyUrl, caFile, caData }: Cluster, where: string): void {
  checkUrl(server, ['https:', 'http:'], `${where}: its server`);
  if (proxyUrl) checkUrl(proxyUrl, ['https:', 'http:', 'socks5:', 'socks:'], `${where}: its proxy-url`);
  let ca = caData ? Buffer.from(caData, 'base64').toString() : undefined;
  const what = caFile ? `certificate-authority ${caFile}` : 'certificate-authority-data';
  if (caFile) {
    try {
      ca = readFileSync(caFile, 'utf8');
    } catch (error) {
      throw new Error(`${where}: its ${what} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
  if (ca !== undefined && server.startsWith('https:') && !ca.includes('-----BEGIN')) {
    throw new Error(`${where}: its ${what} holds no certificate in PEM form`);
  }
}

/** The address is not repeated: it may hold a password. */
function checkUrl(text: string, protocols: readonly string[], what: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && protocols.includes(url.protocol)) return;
  throw new Error(`${what} is no address such as https://HOST:PORT`);
}

function loadFile(config: KubeConfig, file: string): void {
  try {
    if (readFileSync(file, 'utf8').trim() === '') throw new Error('the file is empty');
    config.loadFromFile(file);
    config.users = config.users.map((user) => withTokenFile(user, readFileSync(file, 'utf8')));
  } catch (error) {
    const { code, name, message } = error as NodeJS.ErrnoException;
    // The parser's message quotes the file, which holds credentials.
    const reason = code === 'ENOENT' ? 'no such file' : name.startsWith('YAML') ? 'no valid YAML' : message;
    throw new Error(`the kubeconfig ${file} cannot be read: ${reason}`);
  }
}

/** The library looks for `token-file`, where kubeconfigs say `tokenFile`: such a user would come without credentials. */
function withTokenFile(user: User, text: string): User {
  if (!text.includes('tokenFile')) return user;
  const { users } = parse(text) as { users?: { name?: string; user?: { tokenFile?: string } }[] };
  const tokenFile = users?.find(({ name }) => name === user.name)?.user?.tokenFile;
  return tokenFile === undefined ? user : { ...user, authProvider: { config: { tokenFile } } };
}
