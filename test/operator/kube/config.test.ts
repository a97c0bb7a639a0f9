import { expect } from 'chai';
import { type Kube, loadKube } from '../../../operator/kube/config.ts';
import { settle } from '../../fakes/clock.ts';
import { json, ScriptedServer } from '../../fakes/scripted-server.ts';

const TIMEOUT = 5000;

async function get(kube: Kube, path = '/api'): Promise<number> {
  const response = await kube.send({ method: 'GET', path, signal: AbortSignal.timeout(TIMEOUT) });
  await response.body.dump();
  // A connection is free again a turn after its answer was read.
  await settle();
  return response.statusCode;
}

const messageOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no failure',
    (error: Error) => error.message,
  );

describe('connection to an API server', () => {
  let server: ScriptedServer;
  const kubes: Kube[] = [];
  let now = 0;

  const load = async (user?: object, cluster?: object): Promise<Kube> => {
    const kube = await loadKube({ kubeconfig: server.kubeconfig(user, cluster) }, () => now);
    kubes.push(kube);
    return kube;
  };

  beforeEach(async () => {
    now = 0;
    server = await ScriptedServer.start((_, response) => json(response, 200, {}));
  });
  afterEach(async () => {
    for (const kube of kubes.splice(0)) await kube.close();
    await server.stop();
  });

  it('knows the server and the namespace of its context', async () => {
    const kube = await load();
    expect(kube.server).to.equal(server.url);
    const secretive = await load({}, { server: server.url.replace('//', '//jo:hunter2@') });
    expect(secretive.server).to.equal(server.url);
    expect(kube.namespace).to.equal('team-a');
  });

  it('uses one connection for requests one after another', async () => {
    const kube = await load();
    for (let i = 0; i < 20; i++) expect(await get(kube)).to.equal(200);
    expect(server.connections).to.equal(1);
  });

  it('asks below the path of the server', async () => {
    const kube = await load({}, { server: `${server.url}/k8s/clusters/c-1/` });
    await get(kube, '/api/v1/x?limit=1');
    expect(server.requests[0]?.path).to.equal('/k8s/clusters/c-1/api/v1/x');
    expect(server.requests[0]?.query.get('limit')).to.equal('1');
  });

  it('sends a token, or a name and its password', async () => {
    await get(await load({ token: 'abc' }));
    await get(await load({ username: 'me', password: 'pw' }));
    expect(server.requests.map(({ headers }) => headers.authorization)).to.deep.equal([
      'Bearer abc',
      `Basic ${btoa('me:pw')}`,
    ]);
  });

  it('sends the token of a file, without its line feed', async () => {
    const kube = await load({ tokenFile: server.file('token', 'abc\n') });
    await get(kube);
    expect(server.requests[0]?.headers.authorization).to.equal('Bearer abc');
  });

  it('reads the kubeconfig again when the credential is refused, and asks once more', async () => {
    server.answer((request, response) => {
      const status = request.headers.authorization === 'Bearer new' ? 200 : 401;
      json(response, status, {});
    });
    const kube = await load({ token: 'old' });
    expect(await get(kube), 'just loaded').to.equal(401);
    server.kubeconfig({ token: 'new' });
    now += 10_000;
    expect(await get(kube)).to.equal(200);
    expect(server.requests).to.have.length(3);
  });

  it('asks a server that refuses for good no more than twice', async () => {
    server.answer((_, response) => json(response, 401, {}));
    const kube = await load({ token: 'old' });
    now += 10_000;
    expect(await get(kube)).to.equal(401);
    expect(server.requests).to.have.length(2);
    expect(await get(kube)).to.equal(401);
    expect(server.requests).to.have.length(3);
  });

  it('makes new connections when the file of the CA has changed, and lets running requests end', async () => {
    const ca = server.file('ca.crt', 'first');
    const kube = await load({}, { 'certificate-authority': ca });
    let finish = (): void => {};
    server.answer((request, response) => {
      if (request.path === '/slow') finish = () => json(response, 200, {});
      else json(response, 200, {});
    });
    const slow = get(kube, '/slow');
    await get(kube);
    await get(kube);
    expect(server.connections).to.equal(2);
    server.file('ca.crt', 'second');
    await get(kube);
    expect(server.connections).to.equal(3);
    finish();
    expect(await slow).to.equal(200);
    await get(kube);
    expect(server.connections).to.equal(3);
  });

  it('gives up idle connections when told to, but not young ones', async () => {
    const kube = await load();
    let told = 0;
    kube.onRenewal(() => told++);
    await get(kube);
    kube.renew();
    await get(kube);
    expect(server.connections).to.equal(1);
    expect(told).to.equal(0);
    now += 10_000;
    kube.renew();
    expect(told).to.equal(1);
    await get(kube);
    expect(server.connections).to.equal(2);
  });

  it('ends with the signal while a credential command hangs', async () => {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', 'setTimeout(() => {}, 3000)'],
    };
    const kube = await load({ exec });
    const stop = new AbortController();
    const asked = kube.send({ method: 'GET', path: '/api', signal: stop.signal });
    stop.abort(new Error('enough'));
    expect(await messageOf(asked)).to.equal('enough');
    expect(server.requests).to.have.length(0);
  });

  it('says that a credential command failed, and nothing that it printed', async () => {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', 'console.error("s3cret"); process.exit(1)'],
    };
    const kube = await load({ exec });
    expect(await messageOf(get(kube))).to.equal(
      'the credential of the kubeconfig cannot be had: its command failed',
    );
  });

  describe('is refused with plain words', () => {
    it('without the file', async () => {
      expect(await messageOf(loadKube({ kubeconfig: '/nowhere/config' }))).to.equal(
        'the kubeconfig /nowhere/config cannot be read: no such file',
      );
    });

    it('without the context', async () => {
      const kubeconfig = server.kubeconfig();
      expect(await messageOf(loadKube({ kubeconfig, context: 'there' }))).to.equal(
        `the kubeconfig ${kubeconfig} has no context there; it has: here`,
      );
    });

    it('for a file that is no YAML, without quoting it', async () => {
      const kubeconfig = server.file('broken', 'users:\n- user: {token: s3cret\n  x: [');
      const message = await messageOf(loadKube({ kubeconfig }));
      expect(message).to.include('no valid YAML').and.not.include('s3cret');
    });

    it('for a file that is something else', async () => {
      for (const text of ['', '[]', '5', 'kind: Config\n']) {
        const kubeconfig = server.file('other', text);
        expect(await messageOf(loadKube({ kubeconfig }))).to.match(
          /^the kubeconfig .* (has no context|cannot be read: )/,
        );
      }
    });
  });
});
