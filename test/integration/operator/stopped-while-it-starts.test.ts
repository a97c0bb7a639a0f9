import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { lockState } from '../../../operator/local/state-lock.ts';
import { OperatorProcess } from '../../fakes/operator-process.ts';
import { json, ScriptedServer } from '../../fakes/scripted-server.ts';
import { SilentServer } from '../../fakes/silent-server.ts';

/** Milliseconds that an end may take, on a machine with other work. */
const SOON_MS = 2000;

const EMPTY = { items: [], metadata: { resourceVersion: '1' } };

/** Whoever starts the operator and thinks better of it need not wait for what it waits for. */
describe('an operator that is stopped while it starts', function () {
  this.timeout(60_000);
  let server: ScriptedServer;
  let silent: SilentServer;
  let operator: OperatorProcess | undefined;
  beforeEach(async () => {
    silent = await SilentServer.start();
    server = await ScriptedServer.start((_, response) => json(response, 200, EMPTY));
  });
  afterEach(async () => {
    await operator?.remove();
    operator = undefined;
    await server.stop();
    await silent.stop();
  });

  function start(
    args: string[] = [],
    env: Record<string, string> = {},
    cluster: object = {},
  ): OperatorProcess {
    operator = new OperatorProcess({
      namespaces: ['team-a'],
      args,
      env: { DATABASE_URL: '', ...env },
      kubeconfig: server.kubeconfig({ token: 't0ken' }, cluster),
    });
    return operator;
  }
  async function seen(what: () => boolean): Promise<void> {
    const end = Date.now() + 40_000;
    while (!what()) {
      if (Date.now() > end || operator!.child.exitCode !== null)
        throw new Error(`nothing came\n${operator!.output}`);
      await wait(10);
    }
  }
  async function expectEnd(signal: NodeJS.Signals): Promise<void> {
    const { child, state } = operator!;
    const from = performance.now();
    const code = await operator!.stop(signal);
    expect(performance.now() - from, operator!.output).to.be.lessThan(SOON_MS);
    expect([code, child.signalCode], operator!.output).to.deep.equal([0, null]);
    expect(operator!.err).to.equal('Stopping …\n');
    lockState(join(state.path, '.keeptrusts')).release();
  }

  it('ends while an API server that takes connections says nothing at all', async () => {
    start([], {}, { server: silent.url });
    await seen(() => silent.connections > 0);
    await expectEnd('SIGINT');
  });

  for (const args of [[], ['--local-gateways', '--gateway-port=0']]) {
    it(`ends while the first lists do not come, with ${args[0] ?? 'gateways as pods'}`, async () => {
      server.answer(({ query }, response) => {
        if (query.get('limit') === '1') json(response, 200, EMPTY);
      });
      start(args);
      await seen(() => server.requests.some(({ query }) => query.get('limit') === '500'));
      await expectEnd('SIGTERM');
    });
  }

  it('ends while it waits for a lease whose holder is dead', async () => {
    const spec = {
      holderIdentity: 'another',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 1,
    };
    let asked = 0;
    server.answer(({ path, query }, response) => {
      if (path.includes('/leases/')) {
        asked++;
        const metadata = { name: 'keeptrusts-operator', namespace: 'team-a', uid: 'u', resourceVersion: '7' };
        json(response, 200, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec });
      } else if (query.get('watch') === null) json(response, 200, EMPTY);
      else response.writeHead(200).flushHeaders();
    });
    start();
    await seen(() => asked > 1);
    const { err } = operator!;
    expect(err).to.contain('is held by another');
    operator!.err = '';
    await expectEnd('SIGTERM');
  });

  it('ends while a database that takes connections says nothing at all', async () => {
    start([], { DATABASE_URL: `${silent.url.replace('http:', 'postgres:')}/kt` });
    await seen(() => silent.connections > 0);
    await expectEnd('SIGTERM');
  });

  it('ends at a signal that comes with its first request', async () => {
    const { child } = start();
    server.answer(() => {
      child.kill('SIGTERM');
    });
    await once(child, 'close');
    expect([child.exitCode, child.signalCode]).to.deep.equal([0, null]);
  });
});
