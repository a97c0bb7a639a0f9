import { join } from 'node:path';
import { expect } from 'chai';
import type { Binaries } from '../../hack/api-server/binaries.ts';
import { crds } from '../../hack/api-server/crds.ts';
import { type ApiServer, startApiServer } from '../../hack/api-server/start.ts';
import { complete } from '../fakes/completion.ts';
import { eventually } from '../fakes/folder.ts';
import { root } from '../fakes/kt-process.ts';
import { kubectl } from '../fakes/kubectl.ts';
import { OperatorProcess } from '../fakes/operator-process.ts';
import { ownBinaries } from '../fakes/own-api-server.ts';
import { startPostgres } from '../fakes/postgres.ts';

interface Absence {
  what: string;
  store: 'SQLite' | 'PostgreSQL';
  leave(server: ApiServer): Promise<void>;
  back(server: ApiServer): Promise<void>;
}

/** An end cuts connections; one that hangs leaves them open. */
const ABSENCES: readonly Absence[] = [
  {
    what: 'has ended',
    store: 'SQLite',
    leave: (server) => server.kill(),
    back: (server) => server.restart(),
  },
  {
    what: 'hangs',
    store: 'PostgreSQL',
    leave: async (server) => server.signal('SIGSTOP'),
    back: async (server) => server.signal('SIGCONT'),
  },
];

/** Milliseconds that the API server stays away after the lease was lost. */
const AWAY_MS = 8000;

/** Everything of one operator with a gateway over an API server of its own. */
async function goThrough({ store, leave, back }: Absence, binaries: Binaries): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const server = stack.adopt(await startApiServer({ binaries, manifests: crds }), (one) => one.stop());
  const env: Record<string, string> = {};
  if (store === 'PostgreSQL') {
    const postgres = stack.adopt(await startPostgres(), (one) => one.stop());
    env['DATABASE_URL'] = await postgres.createDatabase();
  }
  const operator = new OperatorProcess({
    env,
    namespaces: ['default'],
    kubeconfig: server.kubeconfig,
    args: ['--local-gateways', '--gateway-port=0'],
  });
  stack.defer(() => operator.remove());
  const admin = (...args: string[]): Promise<string> => kubectl(args, { kubeconfig: server.kubeconfig });
  await operator.saw(/^Ready: no gateway yet/m);
  await admin('apply', '-f', join(root, 'config/samples/quickstart'));
  const [, url = ''] = await operator.saw(/^gateway default\/default is ready at (http\S+)$/m);

  expect(await status(url, 'about Project Falcon')).to.equal(403);
  await leave(server);
  await operator.saw(
    /^the lease default\/keeptrusts-operator could not be renewed for 1\d s: nothing is written/m,
  );
  expect(await operator.metric('keeptrusts_operator_leader')).to.equal(0);
  await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
  expect(await status(url, 'about Project Falcon')).to.equal(403);
  expect(await status(url, 'about Project Osprey')).to.equal(200);
  const { pid, exitCode } = operator.child;
  expect(exitCode).to.equal(null);

  await back(server);
  const patch = [{ op: 'add', path: '/spec/entries/2/dlpFilter/blockedTerms/-', value: 'Project Osprey' }];
  await admin('patch', 'gpol', 'quickstart', '--type=json', '-p', JSON.stringify(patch));
  await eventually(async () => (await status(url, 'about Project Osprey')) === 403, 'the edit', 30_000);
  expect(await operator.metric('keeptrusts_operator_leader')).to.equal(1);
  await admin('wait', '--for=condition=Ready', 'gpol/quickstart', '--timeout=20s');
  expect(operator.child.pid).to.equal(pid);
  expect(await operator.stop()).to.equal(0);
}

const status = async (url: string, content: string): Promise<number> => (await complete(url, content)).status;

describe('an API server that is away for longer than a lease', function () {
  this.timeout(240_000);
  const runs: Promise<void>[] = [];

  before(function () {
    const binaries = ownBinaries(this);
    // Side by side: they mostly wait.
    for (const absence of ABSENCES) {
      const run = goThrough(absence, binaries);
      run.catch(() => {});
      runs.push(run);
    }
  });
  after(() => Promise.allSettled(runs));

  for (const [index, { what, store }] of ABSENCES.entries()) {
    it(`since it ${what} stops no traffic and no rule, and what came meanwhile is enforced afterwards: records in ${store}`, () =>
      runs[index]);
  }
});
