import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Running, startControlPlane } from '../../../operator/control-plane.ts';
import { folderSurroundings } from '../../../operator/local/folder.ts';
import { localDeps } from '../../../operator/local-deps.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import { complete } from '../../fakes/completion.ts';
import { eventually, TestFolder } from '../../fakes/folder.ts';

const deps = await localDeps(process.execPath, process.platform);

const policy = (entries: string): string => `apiVersion: governance.keeptrusts.com/v1alpha1
kind: GovernancePolicy
metadata: {name: guard}
spec:
  identity: {anonymousCallers: Allowed}
  entries:
${entries}`;

const PII = '    - {name: pii, kind: PiiDetector, piiDetector: {action: Redact}}\n';
const dlp = (settings: string): string =>
  `    - {name: dlp, kind: DlpFilter, dlpFilter: {action: Block, ${settings}}}\n`;

const TARGET = `apiVersion: governance.keeptrusts.com/v1alpha1
kind: ProviderTarget
metadata: {name: mock}
spec: {provider: mock, models: [{name: gpt-4o-mini}, {name: echo}]}
`;

describe('a folder of resources and the real gateway', () => {
  let folder: TestFolder;
  let state: TestFolder;
  let running: Running | undefined;
  let reported: string[];

  async function start(): Promise<Running> {
    const options = {
      folder: folder.path,
      stateDir: state.path,
      host: '127.0.0.1',
      apiPort: 0,
      gatewayPort: 0,
      maxGraceMs: 8000,
    };
    const parts = {
      ...deps,
      log: silentLog,
      secretVariables: {},
      report: (line: string) => void reported.push(line),
      lost: () => {},
    };
    running = await startControlPlane(
      options,
      parts,
      folderSurroundings(options, parts),
      new AbortController().signal,
    );
    await running.whenReady();
    return running;
  }

  /** Status and text of one completion by the model that echoes what it received. */
  const ask = (text: string): Promise<{ status: number; text: string }> =>
    complete(running!.instances()[0]!.url, text, 'echo');

  async function api(path: string): Promise<Record<string, unknown>> {
    const token = readFileSync(running!.tokenFile, 'utf8').trim();
    const response = await fetch(`${running!.apiUrl}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return (await response.json()) as Record<string, unknown>;
  }

  /** Asks until the status is as wanted; the time it took in milliseconds. */
  async function until(status: number, text: string): Promise<number> {
    const began = performance.now();
    while ((await ask(text)).status !== status) {
      if (performance.now() - began > 10_000) throw new Error(`no ${status} within 10 s`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return performance.now() - began;
  }

  beforeEach(() => {
    folder = new TestFolder();
    state = new TestFolder();
    reported = [];
    folder.write('policy.yaml', policy(PII));
    folder.write('target.yaml', TARGET);
  });
  afterEach(async () => {
    await running?.close();
    running = undefined;
    folder.remove();
    state.remove();
  });

  it('redacts by the policy of the folder, and its event names the policy', async () => {
    await start();
    const answer = await ask('write to ann@example.com');
    expect(answer.status).to.equal(200);
    expect(answer.text).to.not.contain('ann@example.com');
    let events: { entries: { id: string; source: object }[] }[] = [];
    await eventually(() => {
      void api('/v1/events').then((page) => (events = (page['events'] ?? []) as typeof events));
      return events.length > 0;
    }, 'the event');
    const entry = events[0]!.entries.find(({ id }) => id === 'guard.pii')!;
    expect(entry.source).to.include({
      level: 'namespace',
      namespace: 'default',
      name: 'guard',
      generation: 1,
    });
    expect(reported).to.deep.equal([]);
  });

  it('enforces an edit within 2 s, and keeps the last valid policy through an invalid one', async () => {
    await start();
    expect((await ask('about Project Falcon')).status).to.equal(200);
    folder.write('policy.yaml', policy(PII + dlp('blockedTerms: [Project Falcon]')));
    expect(await until(403, 'about Project Falcon')).to.be.below(2000);
    folder.write('policy.yaml', policy(dlp("detectPatterns: ['(unclosed']")));
    await eventually(() => reported.length > 0, 'the report');
    expect(reported[0]).to.match(
      /^policy\.yaml:7:\d+: GovernancePolicy default\/guard: spec\.entries\[0\]\.dlpFilter\.detectPatterns\[0\]: E017/,
    );
    expect((await ask('about Project Falcon')).status).to.equal(403);
    folder.write('policy.yaml', policy(PII));
    expect(await until(200, 'about Project Falcon')).to.be.below(2000);
  });

  it('starts a killed gateway again, which goes on in the same stream', async () => {
    await start();
    await ask('one');
    const before = running!.instances()[0]!;
    process.kill(before.pid!, 'SIGKILL');
    await eventually(
      () => running!.instances()[0]!.pid !== before.pid && running!.instances()[0]!.ready,
      'the restart',
      20_000,
    );
    await ask('two');
    let streams: { size: number }[] = [];
    await eventually(
      () => {
        void api('/v1/streams').then((page) => (streams = (page['streams'] ?? []) as typeof streams));
        return streams.length > 0 && streams[0]!.size >= 2;
      },
      'both events in one stream',
      15_000,
    );
    expect(streams).to.have.length(1);
    expect(running!.instances()[0]!.url).to.equal(before.url);
  });

  it('ends with an operator that is killed, and starts again with the next', async () => {
    const main = fileURLToPath(new URL('../../../operator/main.ts', import.meta.url));
    const args = ['-f', folder.path, '--state-dir', state.path, '--api-port', '0', '--gateway-port', '0'];
    const child = spawn(process.execPath, [main, ...args, '--log-level', 'silent'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk) => (said += String(chunk)));
    // Also where it is never ready: nobody else would end it.
    await eventually(() => said.startsWith('Ready: '), 'readiness', 40_000).finally(() =>
      child.kill('SIGKILL'),
    );
    const url = /default\/default at (\S+);/.exec(said)![1]!;
    const dead = async (): Promise<boolean> => {
      return fetch(url).then(
        () => false,
        () => true,
      );
    };
    let gone = false;
    await eventually(() => {
      void dead().then((answer) => (gone = answer));
      return gone;
    }, 'the gateway’s end');
    await start();
    expect(running!.instances()[0]!.url).to.equal(url);
    expect((await ask('hello')).status).to.equal(200);
  });

  it('reports the revision that it enforces, so that the objects become ready', async () => {
    await start();
    const { configurations } = (await api('/v1/configurations')) as { configurations: { hash: string }[] };
    const { instances } = (await api('/v1/instances')) as { instances: { revision: { hash: string } }[] };
    expect(instances.map(({ revision }) => revision.hash)).to.deep.equal(
      configurations.map(({ hash }) => hash),
    );
    let status: { conditions: { type: string; status: string }[] } | undefined;
    await eventually(() => {
      const file = state.file('objects/GovernancePolicy/default/guard.json');
      status = JSON.parse(readFileSync(file, 'utf8')).status;
      return status?.conditions[0]?.status === 'True';
    }, 'readiness of the policy');
    expect(status!.conditions[0]!.type).to.equal('Ready');
  });
}).timeout(60_000);
