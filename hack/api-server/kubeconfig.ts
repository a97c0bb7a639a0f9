export interface Access {
  /** `https://127.0.0.1:PORT` */
  server: string;
  /** PEM. */
  authority: string;
  /** A certificate and its key are PEM. */
  user: { token: string } | { certificate: string; key: string };
}

/** A kubeconfig that needs no other file. JSON is YAML. */
export function kubeconfig({ server, authority, user }: Access): string {
  const name = 'keeptrusts';
  const data = (pem: string): string => Buffer.from(pem).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': data(authority) } }],
    users: [
      {
        name,
        user:
          'token' in user
            ? { token: user.token }
            : { 'client-certificate-data': data(user.certificate), 'client-key-data': data(user.key) },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
