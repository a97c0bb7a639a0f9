import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { ApiProcess } from '../fakes/api-process.ts';
import { eventually } from '../fakes/folder.ts';
import { ask } from '../fakes/gateway.ts';
import { documentOf, LoneGateway } from '../fakes/lone-gateway.ts';
import { completion, FakeUpstream, json } from '../fakes/upstream.ts';

describe('keys of a control plane that goes away', function () {
  this.timeout(120_000);
  let api: ApiProcess;
  let gateway: LoneGateway;
  let upstream: FakeUpstream;

  beforeEach(async () => {
    upstream = await FakeUpstream.start(json(200, completion('An answer.')));
    api = await ApiProcess.create();
    gateway = new LoneGateway({ args: ['--control-plane-keys'] });
    gateway.folder.write('control-plane-token', api.tokens.gatewayToken('default', 'local'));
    gateway.configure(
      documentOf(upstream.url, gateway, {
        control_plane: { url: api.url, token_file: gateway.folder.file('control-plane-token') },
      }),
    );
  });
  afterEach(async () => {
    await gateway.remove();
    await api.remove();
    await upstream.close();
  });

  const file = (): string => gateway.folder.file('state/caller-keys');
  const status = async (key: string): Promise<number> => {
    const answer = await gateway.chat(ask('x'), { authorization: `Bearer ${key}` });
    await answer.text();
    return answer.status;
  };
  const answers = (key: string, wanted: number): Promise<void> =>
    eventually(async () => (await status(key)) === wanted, `status ${wanted}`);
  const readyz = async () =>
    (await (await fetch(`${gateway.adminUrl}/readyz`)).json()) as { status: string; reason?: string };
  async function age(): Promise<number> {
    const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    return Number(/^keeptrusts_gateway_keys_age_seconds (\S+)/m.exec(text)?.[1]);
  }

  it('check 57: a fresh gateway that cannot reach it is unready and refuses traffic, then reads them', async () => {
    await gateway.start(503);
    expect(await readyz()).to.deep.equal({
      status: 'not_ready',
      reason: 'it has not read the keys of its callers from the control plane yet',
    });
    const refused = await gateway.chat(ask('x'));
    expect(refused.status).to.equal(503);
    expect(refused.headers.get('retry-after')).to.equal('1');
    expect(await refused.text())
      .to.contain('not_ready')
      .and.to.contain('keys of its callers');
    expect(Number.isNaN(await age())).to.equal(true);
    await api.start();
    await eventually(async () => (await readyz()).status === 'ok', 'ready');
    expect(await status(gateway.key.value)).to.equal(200);
  });

  it('serves from its disk after a kill of both, says how old its keys are, and hears of a revocation later', async () => {
    await api.start();
    await gateway.start();
    const [kept, ended] = [await api.createKey({ team: 'red' }), await api.createKey()];
    await answers(kept.value, 200);
    await answers(ended.value, 200);
    await eventually(() => readFileSync(file(), 'utf8').includes(ended.id), 'both keys on the disk');
    expect(statSync(file()).mode & 0o777).to.equal(0o600);
    expect(readFileSync(file(), 'utf8')).to.not.contain('kt_gk_');
    await gateway.stop('SIGKILL');
    await api.kill();
    // As if an hour had passed.
    const hourAgo = Date.now() / 1000 - 3600;
    utimesSync(file(), hourAgo, hourAgo);
    await gateway.start();
    expect(await status(kept.value)).to.equal(200);
    expect(await status(ended.value)).to.equal(200);
    expect(await status(`${kept.value.slice(0, -1)}x`)).to.equal(401);
    expect(await age()).to.be.within(3600, 3660);
    await api.start();
    await api.revokeKey(ended.id);
    await answers(ended.value, 401);
    expect(await status(kept.value)).to.equal(200);
    expect(await age()).to.be.lessThan(20);
  });

  it('takes a file that is spoilt for none', async () => {
    await api.start();
    await gateway.start();
    const { value } = await api.createKey();
    await answers(value, 200);
    await eventually(() => readFileSync(file(), 'utf8').includes('"id"'), 'a key on the disk');
    await gateway.stop();
    await api.kill();
    const good = readFileSync(file(), 'utf8');
    writeFileSync(file(), good.replace('"id"', '"ID"'));
    await gateway.start(503);
    expect((await readyz()).reason).to.contain('keys of its callers');
    expect(gateway.output).to.contain('the keys on the disk cannot be used');
    await api.start();
    await eventually(async () => (await readyz()).status === 'ok', 'ready');
    expect(await status(value)).to.equal(200);
    await eventually(() => readFileSync(file(), 'utf8') === good, 'the file is whole again');
  });

  it('forgets what a control plane does not have any more that was put back from a backup', async () => {
    await api.start();
    await gateway.start();
    const { value } = await api.createKey();
    await answers(value, 200);
    await api.kill();
    for (const name of ['events.db', 'events.db-wal', 'events.db-shm'])
      rmSync(api.folder.file(name), { force: true });
    await api.start();
    await answers(value, 401);
    const again = await api.createKey();
    await answers(again.value, 200);
  });

  it('takes none of them without the flag', async () => {
    await api.start();
    const lone = new LoneGateway();
    try {
      lone.folder.write('control-plane-token', api.tokens.gatewayToken('default', 'local'));
      lone.configure(
        documentOf(upstream.url, lone, {
          control_plane: { url: api.url, token_file: lone.folder.file('control-plane-token') },
        }),
      );
      await lone.start();
      const { value } = await api.createKey();
      const answer = await lone.chat(ask('x'), { authorization: `Bearer ${value}` });
      expect(answer.status).to.equal(401);
    } finally {
      await lone.remove();
    }
  });
});
