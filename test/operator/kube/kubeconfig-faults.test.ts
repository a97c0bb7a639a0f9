import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { loadKube } from '../../../operator/kube/config.ts';
import { checkAccess } from '../../../operator/kube/preflight.ts';
import { WATCHED } from '../../../operator/kube/resources.ts';
import { selfSignedCertificate } from '../../fakes/certificate.ts';
import { json, ScriptedServer } from '../../fakes/scripted-server.ts';

const EXEC = { apiVersion: 'client.authentication.k8s.io/v1', command: '/nowhere/plugin' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What is wrong with a kubeconfig is told as that, and not as a cluster that is not there. */
describe('a fault of the kubeconfig', () => {
  const own = selfSignedCertificate();
  const other = selfSignedCertificate();
  const tls = createServer({ cert: own.certificate, key: own.key }, (_, response) => response.end('{}'));
  let https = '';
  let server: ScriptedServer;

  before(async () => {
    tls.listen(0, '127.0.0.1');
    await once(tls, 'listening');
    https = `https://127.0.0.1:${(tls.address() as AddressInfo).port}`;
    server = await ScriptedServer.start((_, response) =>
      json(response, 200, { items: [], metadata: { resourceVersion: '1' } }),
    );
  });
  after(async () => {
    tls.close();
    tls.closeAllConnections();
    await server.stop();
  });

  async function told(kubeconfig: string): Promise<string> {
    try {
      const kube = await loadKube({ kubeconfig });
      const asked = checkAccess(kube, WATCHED, null, new AbortController().signal);
      await asked.finally(() => kube.close());
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  }

  const FAULTS: [string, () => { user?: object; cluster?: object }, RegExp][] = [
    [
      'no CA for a server of its own',
      () => ({ cluster: { server: https } }),
      /TLS is not accepted: DEPTH_ZERO_SELF_SIGNED_CERT\. .*certificate-authority/,
    ],
    [
      'the CA of another cluster',
      () => ({ cluster: { server: https, 'certificate-authority-data': base64(other.certificate) } }),
      /TLS is not accepted: [A-Z_]*CERT[A-Z_]*\. /,
    ],
    [
      'https for a server without TLS',
      () => ({ cluster: { server: server.url.replace('http:', 'https:') } }),
      /TLS is not accepted: (EPROTO|ERR_SSL_\w+)\. /,
    ],
    [
      'a CA file that is not there',
      () => ({ cluster: { server: https, 'certificate-authority': '/nowhere/ca.crt' } }),
      /certificate-authority \/nowhere\/ca\.crt cannot be read: ENOENT$/,
    ],
    [
      'a CA file that holds something else',
      () => ({ cluster: { server: https, 'certificate-authority': server.file('ca.crt', 'x') } }),
      /certificate-authority \S+ca\.crt holds no certificate in PEM form$/,
    ],
    [
      'CA data that are something else',
      () => ({ cluster: { server: https, 'certificate-authority-data': base64('x') } }),
      /certificate-authority-data holds no certificate/,
    ],
    [
      'a server that is no address',
      () => ({ cluster: { server: 'not a url' } }),
      /its server is no address such as https:\/\/HOST:PORT$/,
    ],
    [
      'a server without a scheme',
      () => ({ cluster: { server: 'localhost:6443' } }),
      /its server is no address/,
    ],
    [
      'a proxy that is no address',
      () => ({ cluster: { 'proxy-url': 'me:hunter2@proxy' } }),
      /its proxy-url is no address/,
    ],
    [
      'a credential command that is not there',
      () => ({ user: { exec: EXEC } }),
      /^the credential of the kubeconfig cannot be had: ENOENT \(.*\/nowhere\/plugin\)\. Mend it there/,
    ],
    [
      'a token file that is not there',
      () => ({ user: { tokenFile: '/nowhere/token' } }),
      /cannot be had: ENOENT \(\/nowhere\/token\)\. Mend it there/,
    ],
    [
      'a client certificate that is not there',
      () => ({ user: { 'client-certificate': '/nowhere/crt', 'client-key': '/nowhere/key' } }),
      /cannot be had: ENOENT \(\/nowhere\/(crt|key)\)/,
    ],
  ];
  for (const [fault, make, expected] of FAULTS) {
    it(`is told as such: ${fault}`, async () => {
      const { user, cluster } = make();
      const message = await told(server.kubeconfig(user, cluster));
      expect(message).to.match(expected).and.not.contain('Start the cluster').and.not.contain('hunter2');
    });
  }

  it('is told as such: an empty file', async () => {
    expect(await told(server.file('empty', '\n'))).to.match(/cannot be read: the file is empty$/);
  });

  it('is told as such: http for a server that speaks TLS', async () => {
    const answers = await ScriptedServer.start((_, response) => json(response, 400, {}));
    const message = await told(answers.kubeconfig());
    await answers.stop();
    expect(message).to.contain('HTTP 400. If it speaks TLS, its address begins with https://');
  });

  it('is none where the right CA is given', async () => {
    const ca = base64(own.certificate);
    const message = await told(server.kubeconfig({}, { server: https, 'certificate-authority-data': ca }));
    expect(message).to.equal('');
  });
});
