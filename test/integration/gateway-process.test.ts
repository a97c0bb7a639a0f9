import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { TestFolder } from '../fakes/folder.ts';
import { freePortPair, GatewayProcess } from '../fakes/gateway-main.ts';
import { completion, FakeUpstream, json } from '../fakes/upstream.ts';

const DOCUMENT = `
pack: { name: demo, version: 1.0.0, enabled: true }
providers:
  targets:
    - { id: mock, provider: mock, models: [{ name: echo }] }
    - id: keyed
      provider: openai
      base_url: http://127.0.0.1:9/v1
      secret_key_ref: { env: KEY_THAT_IS_NOT_SET }
      models: [{ name: gpt-4o-mini }]
policies: { chain: [pii-detector] }
policy: { pii-detector: { action: redact } }
`;

describe('the gateway as a process', function () {
  this.timeout(60_000);
  let folder: TestFolder;
  const running: GatewayProcess[] = [];

  beforeEach(() => {
    folder = new TestFolder();
    folder.write('policy-config.yaml', DOCUMENT);
  });
  afterEach(async () => {
    for (const one of running.splice(0)) await one.stop('SIGKILL');
    folder.remove();
  });

  function start(args: string[], env: Record<string, string> = {}): GatewayProcess {
    const one = new GatewayProcess(['--state-dir', folder.file('state'), ...args], env);
    running.push(one);
    return one;
  }
  /** One that is ready, and its ports. */
  async function serving(args: string[], env?: Record<string, string>) {
    const [port, admin] = await freePortPair();
    const gateway = start([...args, '--port', String(port), '--admin-port', String(admin)], env);
    await gateway.answers(`http://127.0.0.1:${admin}/readyz`);
    return { gateway, port, admin };
  }
  const ask = (port: number, model: string, content: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
    });

  it('check 1: both forms of the command line serve /healthz', async () => {
    for (const form of ['--config', '--policy-config']) {
      const [port, admin] = await freePortPair();
      const address = form === '--config' ? ['--port', String(port)] : ['--listen', `127.0.0.1:${port}`];
      const gateway = start([
        form,
        folder.file('policy-config.yaml'),
        ...address,
        '--admin-port',
        String(admin),
      ]);
      await gateway.answers(`http://127.0.0.1:${port}/healthz`);
      await gateway.answers(`http://127.0.0.1:${admin}/readyz`);
      expect(await gateway.stop()).to.equal(0);
    }
  });

  it('check 9: without the variable of a credential it stays up, and the target is shown unavailable', async () => {
    const { port, admin } = await serving(['--config', folder.file('policy-config.yaml')]);
    const health = (await (await fetch(`http://127.0.0.1:${admin}/health`)).json()) as {
      status: string;
      providers: object;
    };
    expect(health.status).to.equal('degraded');
    expect(health.providers).to.deep.include({ mock: { status: 'available' } });
    expect(JSON.stringify(health.providers)).to.include('KEY_THAT_IS_NOT_SET is not set');
    const refused = await ask(port, 'gpt-4o-mini', 'x');
    expect(refused.status).to.equal(503);
    const echoed = await ask(port, 'echo', 'my SSN is 123-45-6789');
    expect(await echoed.text())
      .to.include('[SSN]')
      .and.not.include('123-45-6789');
  });

  it('takes a changed document at once; a bad one changes nothing', async () => {
    const { port, admin } = await serving(['--config', folder.file('policy-config.yaml')]);
    writeFileSync(folder.file('policy-config.yaml'), DOCUMENT.replace('action: redact', 'action: block'));
    const at = performance.now();
    while ((await ask(port, 'echo', 'my SSN is 123-45-6789')).status !== 403) {
      expect(performance.now() - at).to.be.lessThan(5_000);
    }
    writeFileSync(folder.file('policy-config.yaml'), 'pack: [');
    let metrics = '';
    while (!metrics.includes('keeptrusts_gateway_config_rejected_total 1')) {
      metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
      expect(performance.now() - at).to.be.lessThan(10_000);
    }
    expect((await ask(port, 'echo', 'my SSN is 123-45-6789')).status).to.equal(403);
  });

  it('--upstream serves every model from one target', async () => {
    const upstream = await FakeUpstream.start(json(200, completion('hello')));
    const { gateway, port } = await serving(['--upstream', upstream.url], {
      KEEPTRUSTS_UPSTREAM_API_KEY: 'sk-debug',
    });
    expect((await ask(port, 'whatever', 'x')).status).to.equal(200);
    expect(upstream.last.headers['authorization']).to.equal('Bearer sk-debug');
    await gateway.stop();
    await upstream.close();
  });

  it('ends when its parent’s pipe does', async () => {
    const config = ['--config', folder.file('policy-config.yaml')];
    const { gateway } = await serving([...config, '--exit-with-stdin']);
    gateway.child.stdin!.end();
    expect(await gateway.exited).to.equal(0);
  });

  it('ends when the process it was told of does', async () => {
    const [port, admin] = await freePortPair();
    const parent = start(['--config', folder.file('policy-config.yaml'), '--port', '0', '--admin-port', '0']);
    const gateway = new GatewayProcess([
      ...['--state-dir', folder.file('state-2'), '--config', folder.file('policy-config.yaml')],
      ...['--port', String(port), '--admin-port', String(admin), '--parent-pid', String(parent.child.pid)],
    ]);
    running.push(gateway);
    await gateway.answers(`http://127.0.0.1:${admin}/readyz`);
    await parent.stop('SIGKILL');
    expect(await gateway.exited).to.equal(0);
  });

  it('says in one plain line what a person must set right', async () => {
    const taken = createServer().listen(0, '127.0.0.1').unref();
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const cases: [string[], RegExp][] = [
      [
        ['--config', folder.file('policy-config.yaml'), '--port', String(port), '--admin-port', '0'],
        /port \d+ is in use/,
      ],
      [
        ['--config', 'x', '--port', String(port), '--admin-port', String(port)],
        new RegExp(`traffic port and the admin port are both ${port}: .* --port or --admin-port`),
      ],
      [['--config', 'x', '--listen', '0.0.0.0:41003'], /both 41003/],
      [['--port', '0'], /--config FILE/],
      [['--config', 'x', '--listen', 'nonsense'], /host:port/],
    ];
    for (const [args, message] of cases) {
      const gateway = start([...args, '--log-level', 'silent']);
      expect(await gateway.exited).to.equal(1);
      expect(gateway.output).to.match(message);
      expect(gateway.output.trim().split('\n')).to.have.length(1);
    }
    taken.close();
  });
});
