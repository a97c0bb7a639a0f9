export interface Access {
  /** `https://127.0.0.1:PORT` */
  server: string;
  /** PEM. */
  authority: string;
  token: string;
}

/** A kubeconfig that needs no other file. JSON is YAML. */
export function kubeconfig({ server, authority, token }: Access): string {
  const name = 'keeptrusts';
  const data = Buffer.from(authority).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': data } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
