import { join } from 'node:path';
import { expect } from 'chai';
import { crds } from '../../hack/api-server/crds.ts';
import { type ApiServer, startApiServer } from '../../hack/api-server/start.ts';
import { eventually } from '../fakes/folder.ts';
import { root } from '../fakes/kt-process.ts';
import { kubectl } from '../fakes/kubectl.ts';
import { OperatorProcess } from '../fakes/operator-process.ts';
import { ownBinaries } from '../fakes/own-api-server.ts';
import { type PostgresServer, startPostgres } from '../fakes/postgres.ts';

/** An end cuts connections; one that hangs leaves them open. */
const cases = [
  {
    what: 'that has ended',
    store: 'SQLite',
    leave: (server: ApiServer) => server.kill(),
    back: (server: ApiServer) => server.restart(),
  },
  {
    what: 'that hangs',
    store: 'PostgreSQL',
    leave: async (server: ApiServer) => server.signal('SIGSTOP'),
    back: async (server: ApiServer) => server.signal('SIGCONT'),
  },
];

for (const { what, store, leave, back } of cases)
  describe(`an API server ${what}, for longer than a lease, with records in ${store}`, function () {
    this.timeout(120_000);
    let postgres: PostgresServer | undefined;
    let server: ApiServer;
    let operator: OperatorProcess;
    let url: string;

    const status = async (content: string): Promise<number> => {
      const answer = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] }),
      });
      await answer.text();
      return answer.status;
    };
    const admin = (...args: string[]): Promise<string> => kubectl(args, { kubeconfig: server.kubeconfig });

    before(async function () {
      server = await startApiServer({ binaries: ownBinaries(this), manifests: crds });
      postgres = store === 'PostgreSQL' ? await startPostgres() : undefined;
      operator = new OperatorProcess({
        env: postgres === undefined ? {} : { DATABASE_URL: await postgres.createDatabase() },
        namespaces: ['default'],
        kubeconfig: server.kubeconfig,
        args: ['--local-gateways', '--gateway-port=0'],
      });
      await operator.saw(/^Ready: no gateway yet/m);
      await admin('apply', '-f', join(root, 'config/samples/quickstart'));
      [, url = ''] = await operator.saw(/^gateway default\/default is ready at (http\S+)$/m);
    });
    after(async () => {
      await operator?.remove();
      await server?.stop();
      await postgres?.stop();
    });

    it('stops no traffic and no rule, and what came meanwhile is enforced afterwards', async () => {
      expect(await status('about Project Falcon')).to.equal(403);
      await leave(server);
      await operator.saw(
        /^the lease default\/keeptrusts-operator could not be renewed for 1\d s: nothing is written/m,
        30_000,
      );
      expect(await operator.metric('keeptrusts_operator_leader')).to.equal(0);
      await new Promise((resolve) => setTimeout(resolve, 8000));
      expect(await status('about Project Falcon')).to.equal(403);
      expect(await status('about Project Osprey')).to.equal(200);
      const { pid } = operator.child;
      expect(operator.child.exitCode).to.equal(null);

      await back(server);
      const patch = [
        { op: 'add', path: '/spec/entries/2/dlpFilter/blockedTerms/-', value: 'Project Osprey' },
      ];
      await admin('patch', 'gpol', 'quickstart', '--type=json', '-p', JSON.stringify(patch));
      await eventually(async () => (await status('about Project Osprey')) === 403, 'the edit', 30_000);
      expect(await operator.metric('keeptrusts_operator_leader')).to.equal(1);
      await admin('wait', '--for=condition=Ready', 'gpol/quickstart', '--timeout=20s');
      expect(operator.child.pid).to.equal(pid);
      expect(await operator.stop()).to.equal(0);
    });
  });
