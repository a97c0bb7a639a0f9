import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { kubeconfig } from '../../../hack/api-server/kubeconfig.ts';
import { TestFolder } from '../../fakes/folder.ts';
import { KtProcess } from '../../fakes/kt-process.ts';

/** Whoever starts the operator wrongly is told in one line what is wrong and what to do. */
describe('kt operator that cannot start', function () {
  this.timeout(30_000);
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  async function said(
    args: readonly string[],
    env: Record<string, string> = {},
  ): Promise<[number | null, string]> {
    const process = new KtProcess(['operator', '--api-port', '0', ...args], {
      cwd: folder.path,
      // Neither a kubeconfig nor a pod of the machine that runs the tests.
      env: { KUBECONFIG: '', HOME: folder.path, KUBERNETES_SERVICE_HOST: '', DATABASE_URL: '', ...env },
    });
    const code = await process.exited;
    expect(process.out).to.equal('');
    return [code, process.err];
  }
  function write(server: string): string {
    folder.write('kubeconfig', kubeconfig({ server, authority: '', user: { token: 't0ken' } }));
    return folder.file('kubeconfig');
  }

  it('has no API server', async () => {
    expect(await said([])).to.deep.equal([
      1,
      'kt: no API server: name a file with --kubeconfig or KUBECONFIG, or run in a pod\n',
    ]);
  });

  it('was given a kubeconfig that is not there, or a context that it has not', async () => {
    const [code, text] = await said(['--kubeconfig', 'nope']);
    expect(code).to.equal(1);
    expect(text).to.match(/^kt: the kubeconfig \S+nope cannot be read: no such file\n$/);
    const [, other] = await said(['--kubeconfig', write('http://127.0.0.1:1'), '--context', 'prod']);
    expect(other).to.match(/has no context prod; it has: keeptrusts\n$/);
  });

  it('reaches nobody at the address of the kubeconfig', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await new Promise((resolve) => server.close(resolve));
    expect(await said(['--kubeconfig', write(url)])).to.deep.equal([
      1,
      `kt: ${url}: no answer from the API server: ECONNREFUSED. Start the cluster, or name another with --kubeconfig or --context.\n`,
    ]);
  });

  it('reaches something that is no API server of ours', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>nothing here</h1>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [code, text] = await said(['--kubeconfig', write(url)]);
    server.closeAllConnections();
    server.close();
    expect(code).to.equal(1);
    expect(text).to.contain("install the resource definitions with 'kubectl apply -k crds'");
    expect(text).to.not.contain('t0ken');
  });

  it('was given flags that contradict each other', async () => {
    const [code, text] = await said(['-f', '.', '--namespaces', 'a']);
    expect(code).to.equal(2);
    expect(text).to.match(
      /^error: --namespaces is for a cluster and -f for a folder: leave one of them out\.\n/,
    );
  });

  it('was given a database that cannot be used, whose password is not repeated', async () => {
    const server = createServer((_request, response) => {
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"items":[],"metadata":{"resourceVersion":"1"}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [code, text] = await said(['--kubeconfig', write(url)], {
      DATABASE_URL: 'postgres://kt:s3cret@127.0.0.1:1/kt',
    });
    server.closeAllConnections();
    server.close();
    expect(code).to.equal(1);
    expect(text.trim().split('\n')).to.have.length(1);
    expect(text).to.contain('127.0.0.1:1').and.not.contain('s3cret');
  });
});
