import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Running, startControlPlane } from '../../operator/control-plane.ts';
import { type FolderOptions, folderSurroundings } from '../../operator/local/folder.ts';
import { localDeps } from '../../operator/local-deps.ts';
import { silentLog } from '../../operator/runtime/log.ts';
import { eventually, TestFolder } from '../fakes/folder.ts';

const fake = fileURLToPath(new URL('../fakes/gateway-process.ts', import.meta.url));

const POLICY = `apiVersion: governance.keeptrusts.com/v1alpha1
kind: GovernancePolicy
metadata: {name: guard}
spec:
  identity: {anonymousCallers: Allowed}
  limits: {maxBodyBytes: 4096}
  entries: [{name: record, kind: AuditLogger, auditLogger: {}}]
`;
const TARGET = `apiVersion: governance.keeptrusts.com/v1alpha1
kind: ProviderTarget
metadata: {name: mock}
spec: {provider: mock, models: [{name: gpt-4o-mini}]}
`;

interface Answer {
  pid: number;
  argv: string[];
  env: Record<string, string>;
  document: string;
  token: string;
}

const deps = await localDeps(process.execPath, process.platform);

describe('control plane over a folder, with a fake gateway', () => {
  let folder: TestFolder;
  let state: TestFolder;
  let reported: string[];
  let running: Running | undefined;

  async function start(over: Partial<FolderOptions & { apiPort: number }> = {}): Promise<Running> {
    const options = {
      folder: folder.path,
      stateDir: state.path,
      host: '127.0.0.1',
      apiPort: 0,
      gatewayPort: 0,
      maxGraceMs: 2000,
      ...over,
    };
    const parts = {
      ...deps,
      gatewayCommand: [process.execPath, fake] as [string, string],
      log: silentLog,
      secretVariables: {},
      report: (line: string) => void reported.push(line),
      lost: () => {},
    };
    return startControlPlane(
      options,
      parts,
      folderSurroundings(options, parts),
      new AbortController().signal,
    );
  }
  async function ask(running: Running): Promise<Answer> {
    return (await fetch(running.instances()[0]!.url)).json() as Promise<Answer>;
  }
  const ready = (): boolean => running!.instances().length === 1 && running!.instances()[0]!.ready;

  beforeEach(() => {
    folder = new TestFolder();
    state = new TestFolder();
    reported = [];
  });
  afterEach(async () => {
    await running?.close();
    running = undefined;
    folder.remove();
    state.remove();
  });

  it('turns a policy and a target into a running gateway that reads the compiled document', async () => {
    folder.write('all.yaml', `${POLICY}---\n${TARGET}`);
    running = await start();
    await eventually(ready, 'readiness');
    const answer = await ask(running);
    expect(answer.document).to.contain('max_body_bytes: 4096');
    expect(answer.document).to.contain('id: mock');
    expect(answer.argv).to.include('--instance=keeptrusts-default-0');
    expect(answer.token).to.match(/^kt_gateway_default\.default\./);
    // What the operator was given is not handed on, but for the folder of compiled code where one is used.
    expect(Object.keys(answer.env).filter((name) => name !== 'NODE_COMPILE_CACHE')).to.deep.equal([
      'POD_NAME',
    ]);
    expect(reported).to.deep.equal([]);
  });

  it('hands an edit to the running process without a restart', async () => {
    folder.write('all.yaml', `${POLICY}---\n${TARGET}`);
    running = await start();
    await eventually(ready, 'readiness');
    const before = await ask(running);
    folder.write('all.yaml', `${POLICY.replace('4096', '8192')}---\n${TARGET}`);
    let after = before;
    await eventually(() => {
      void ask(running!).then((answer) => (after = answer));
      return after.document.includes('max_body_bytes: 8192');
    }, 'the edit');
    expect(after.pid).to.equal(before.pid);
    expect(after.document).to.match(/revision:\s+number: 2/);
  });

  it('keeps the last valid object in force and says what is wrong, with file and line', async () => {
    folder.write('a.yaml', POLICY);
    folder.write('b.yaml', TARGET);
    running = await start();
    await eventually(ready, 'readiness');
    folder.write('a.yaml', POLICY.replace('4096', '12'));
    await eventually(() => reported.length > 0, 'the report');
    expect(reported[0]).to.match(
      /^a\.yaml:6:12: GovernancePolicy default\/guard: spec\.limits\.maxBodyBytes: /,
    );
    expect((await ask(running)).document).to.contain('max_body_bytes: 4096');
    const headers = { authorization: `Bearer ${readFileSync(running.tokenFile, 'utf8').trim()}` };
    const answer = await fetch(`${running.apiUrl}/v1/problems`, { headers });
    const { problems } = (await answer.json()) as { problems: object[] };
    expect(problems).to.deep.equal(running.problems());
    expect(problems).to.have.length(1);
    expect(problems[0]).to.include({
      file: 'a.yaml',
      line: 6,
      column: 12,
      object: 'GovernancePolicy default/guard',
      code: 'invalid',
    });
  });

  it('ends the gateway when the policy or the target is deleted', async () => {
    folder.write('a.yaml', POLICY);
    folder.write('b.yaml', TARGET);
    running = await start();
    await eventually(ready, 'readiness');
    const { pid } = running.instances()[0]!;
    const { apiUrl, tokenFile } = running;
    const headers = { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` };
    const configurations = async (): Promise<number> => {
      const answer = await fetch(`${apiUrl}/v1/configurations`, { headers });
      return ((await answer.json()) as { configurations: object[] }).configurations.length;
    };
    expect(await configurations()).to.equal(1);
    folder.write('b.yaml', '# nothing\n');
    await eventually(() => running!.instances().length === 0, 'the end');
    await eventually(() => !isAlive(pid!), 'the process’s end');
    expect(await configurations()).to.equal(0);
  });

  it('keeps revision, ports and state folders over a restart', async () => {
    folder.write('all.yaml', `${POLICY}---\n${TARGET}`);
    running = await start();
    await eventually(ready, 'readiness');
    const before = running.instances()[0]!;
    await running.close();
    expect(isAlive(before.pid!)).to.equal(false);
    running = await start();
    await eventually(ready, 'readiness');
    const after = running.instances()[0]!;
    expect(after.url).to.equal(before.url);
    expect(existsSync(state.file(`pods/default/keeptrusts-default/0/state/was-here-${before.pid}`))).to.equal(
      true,
    );
  });

  it('ends the gateway when the control plane is killed', async () => {
    folder.write('all.yaml', `${POLICY}---\n${TARGET}`);
    const program = fileURLToPath(new URL('../fakes/control-plane-process.ts', import.meta.url));
    const child = spawn(process.execPath, [program, folder.path, state.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = Number(
      await new Promise((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk)))),
    );
    expect(isAlive(pid)).to.equal(true);
    child.kill('SIGKILL');
    await eventually(() => !isAlive(pid), 'the gateway’s end', 3000);
    running = await start();
    await eventually(ready, 'the new gateway');
  });

  it('refuses a state folder that another control plane works with', async () => {
    running = await start();
    const message = await start().catch((error: Error) => error.message);
    expect(message).to.contain('in use by another control plane');
  });

  it('says that a folder or the port of the API cannot be used, and leaves nothing open', async () => {
    const failed = (work: Promise<Running>): Promise<string> =>
      work.then(
        () => '',
        (error: Error) => error.message,
      );
    expect(await failed(start({ folder: folder.file('nope') }))).to.match(/nope is no folder/);
    running = await start();
    const apiPort = Number(new URL(running.apiUrl).port);
    const other = new TestFolder();
    expect(await failed(start({ stateDir: other.path, apiPort }))).to.match(
      new RegExp(`^port ${apiPort} on 127\\.0\\.0\\.1 is in use .* --api-port\\.$`),
    );
    await (await start({ stateDir: other.path })).close();
    other.remove();
  });

  it('says which port is taken, and leaves nothing open', async () => {
    folder.write('all.yaml', `${POLICY}---\n${TARGET}`);
    running = await start();
    await eventually(ready, 'readiness');
    const port = Number(new URL(running.instances()[0]!.url).port);
    const other = new TestFolder();
    const message = await start({ stateDir: other.path, gatewayPort: port }).catch(
      (error: Error) => error.message,
    );
    expect(message).to.match(new RegExp(`^port ${port} on 127\\.0\\.0\\.1 is in use`));
    const second = await start({ stateDir: other.path });
    await second.close();
    other.remove();
  }).timeout(10_000);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
