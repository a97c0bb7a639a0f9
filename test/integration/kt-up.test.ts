import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { complete } from '../fakes/completion.ts';
import { eventually } from '../fakes/folder.ts';
import { KtProcess, kt, root } from '../fakes/kt-process.ts';

/** Processes whose command line has the word in it, this one left out. */
function processesWith(word: string): string[] {
  return execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(word) && !line.includes('ps -eo'));
}

/** Null where something else listens there. */
function listening(port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/** Ids of the processes that a process started, and of those that they started. */
function descendantsOf(pid: string): string[] {
  const rows = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const children = rows.flatMap(([child, parent]) => (parent === pid ? [child!] : []));
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Whether a process is there and has not ended: nobody may have fetched how it did. */
function runs(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('kt up', () => {
  let cwd: string;
  let folder: string;
  const started: KtProcess[] = [];
  const up = (...args: string[]): KtProcess => {
    const process = new KtProcess(['up', '-f', folder, '--api-port', '0', '--gateway-port', '0', ...args], {
      cwd,
    });
    started.push(process);
    return process;
  };
  const servers: Server[] = [];
  /** Takes a port, the one below which is free. */
  const occupy = async (): Promise<number> => {
    for (;;) {
      const below = await listening(0);
      const { port } = below!.address() as AddressInfo;
      const server = await listening(port + 1);
      await new Promise((resolve) => below!.close(resolve));
      if (server === null) continue;
      servers.push(server);
      return port + 1;
    }
  };
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'keeptrusts-up-'));
    folder = join(cwd, 'resources');
    cpSync(join(root, 'config/samples/quickstart'), folder, { recursive: true });
  });
  afterEach(async () => {
    for (const process of started.splice(0)) await process.stop('SIGKILL');
    for (const server of servers.splice(0)) server.close();
    rmSync(cwd, { recursive: true, force: true });
  });

  it('serves the quick start: its pasted commands, their events, and nothing left after Ctrl-C', async () => {
    const process = up();
    const [, admin] = await process.saw(
      /^Ready: gateway default\/default at http\S+; API at http\S+\. Admin at (http\S+?)\. Ctrl-C/m,
    );
    expect((await fetch(`${admin}/readyz`)).status).to.equal(200);
    await process.saw(/npx kt events list --since 1h/);
    const commands = process.out
      .split('\n')
      .flatMap((line) => (line.startsWith('  curl ') ? [line.trim()] : []));
    expect(commands).to.have.length(3);
    const answers = commands.map((command) =>
      JSON.parse(execFileSync('sh', ['-c', command], { encoding: 'utf8' })),
    );
    expect(answers[0].choices[0].message.content).to.be.a('string').and.not.equal('');
    expect(answers[1].choices[0].message.content).to.contain('[SSN]').and.contain('[EMAIL]');
    expect(answers[1].choices[0].message.content).to.not.match(/536-90-4399|jo@example\.com/);
    expect(answers[2].error).to.include({ type: 'policy_violation', code: 'input_blocked' });

    let out = '';
    let events: { id: string; verdict: string }[] = [];
    await eventually(
      async () => {
        const listed = await kt(['events', 'list', '--since', '1h', '--format', 'json'], { cwd });
        expect(listed.code).to.equal(0);
        out = listed.out;
        events = JSON.parse(out);
        return events.length >= 3;
      },
      'the arrival of the events',
      20_000,
    );
    expect(events.map(({ verdict }) => verdict)).to.deep.equal(['block', 'redact', 'allow']);
    expect(out).to.not.match(/536-90-4399|jo@example\.com|haiku/);
    expect(answers[2].error.event_id).to.equal(events[0]!.id);
    expect((await kt(['doctor'], { cwd })).code).to.equal(0);
    expect((await kt(['events', 'verify', '--allow-unanchored'], { cwd })).code).to.equal(0);

    expect(await process.stop('SIGINT')).to.equal(0);
    expect(processesWith(cwd)).to.deep.equal([]);
  });

  it('leaves no gateway behind when it is killed', async () => {
    const process = up();
    await process.saw(/^Ready:/m);
    const [operator] = processesWith(cwd).filter((line) => line.includes('cli/main.ts'));
    const pid = operator!.trim().split(' ')[0]!;
    // The gateway, what reads its documents, and what judges patterns for both.
    const all = descendantsOf(pid);
    expect(all.length).to.be.greaterThan(1);
    execFileSync('kill', ['-9', pid]);
    const left = (): string[] => [...processesWith(cwd), ...all.filter(runs)];
    for (let attempt = 0; attempt < 100 && left().length > 0; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(left()).to.deep.equal([]);
  });

  it('refuses in one line a state folder that another works with, and leaves that one alone', async () => {
    const first = up();
    const [, url] = await first.saw(/at (http:\S+?);/);
    const second = up();
    expect(await second.exited).to.equal(1);
    expect(second.err.trim().split('\n')).to.have.length(1);
    expect(second.err).to.contain('--state-dir').and.contain('in use by another control plane');
    expect((await fetch(`${url}/healthz`)).status).to.equal(200);
    expect((await kt(['doctor'], { cwd })).code).to.equal(0);
  });

  it('takes an edit within 2 s without a restart, and keeps what it had when the edit is bad', async () => {
    const process = up();
    const [, url] = await process.saw(/at (http:\S+?);/);
    const status = async (content: string): Promise<number> => (await complete(url!, content)).status;
    const until = async (content: string, wanted: number): Promise<number> => {
      const began = Date.now();
      while ((await status(content)) !== wanted) {
        if (Date.now() - began > 10_000) throw new Error(`never ${wanted}\n${process.err}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return Date.now() - began;
    };
    const policy = join(folder, 'policy.yaml');
    const text = readFileSync(policy, 'utf8');
    expect(await status('about Project Osprey')).to.equal(200);
    writeFileSync(policy, text.replace('[Project Falcon]', '[Project Falcon, Project Osprey]'));
    expect(await until('about Project Osprey', 403)).to.be.lessThan(2_000);

    writeFileSync(policy, 'kind: [unclosed');
    await process.saw(/policy\.yaml:\d+:\d+: /);
    expect(await status('about Project Osprey')).to.equal(403);
    writeFileSync(policy, text);
    expect(await until('about Project Osprey', 200)).to.be.lessThan(2_000);
  });

  it('says in one line that a port is in use', async () => {
    const port = await occupy();
    const process = new KtProcess(['up', '-f', folder, '--api-port', String(port), '--gateway-port', '0'], {
      cwd,
    });
    started.push(process);
    expect(await process.exited).to.equal(1);
    expect(process.err.trim().split('\n')).to.have.length(1);
    expect(process.err).to.contain(String(port)).and.to.contain('in use');
  });

  it('says in one line that the admin port, the one after the traffic port, is in use', async () => {
    const port = await occupy();
    const process = new KtProcess(
      ['up', '-f', folder, '--api-port', '0', '--gateway-port', String(port - 1)],
      { cwd },
    );
    started.push(process);
    expect(await process.exited).to.equal(1);
    expect(process.err).to.match(
      new RegExp(`^kt: port ${port} on 127\\.0\\.0\\.1 is in use[^\\n]*--gateway-port\\.\\n$`),
    );
  });

  it('names the place of bad YAML and starts with what is good', async () => {
    writeFileSync(join(folder, 'broken.yaml'), 'apiVersion: v1\nkind: {\n');
    const process = up();
    await process.saw(/broken\.yaml:\d+:\d+: /);
    await process.saw(/^Ready:/m);
  });

  it('says when a gateway stops, forgets its instances, and says when it is back and when a file is valid again', async () => {
    const process = up();
    await process.saw(/^Ready: gateway/m);
    const target = join(folder, 'target.yaml');
    const text = readFileSync(target, 'utf8');
    rmSync(target);
    await process.saw(/^gateway default\/default stopped: it has no target$/m);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const doctor = await kt(['doctor'], { cwd });
    expect(doctor.out + doctor.err).to.not.contain('keeptrusts-default-0');
    writeFileSync(target, 'kind: [unclosed');
    await process.saw(/^target\.yaml:\d+:\d+: .*nothing of this file is in force$/m);
    writeFileSync(target, text);
    await process.saw(/^target\.yaml: valid again$/m);
    const [, url] = await process.saw(/^gateway default\/default is ready again at (http\S+)$/m);
    expect((await fetch(`${url}/healthz`)).status).to.equal(200);
  });

  it('says why there is no gateway', async () => {
    rmSync(join(folder, 'target.yaml'));
    const process = up();
    await process.saw(/^Ready: no gateway yet \(default has no target\); API at http/m);
  });

  it('says which credential is missing and where it is looked for', async () => {
    writeFileSync(
      join(folder, 'target.yaml'),
      `apiVersion: governance.keeptrusts.com/v1alpha1
kind: ProviderTarget
metadata: { name: real }
spec:
  provider: openai
  credentialSecretRef: { name: openai, key: api-key }
  models: [{ name: gpt-4o }]
  dataPolicy: { zeroDataRetention: true, trainingOptOut: true }
`,
    );
    const process = up();
    await process.saw(/KT_SECRET_OPENAI_API_KEY/);
    const [, api] = await process.saw(/^Ready: .* API at (http\S+?)\. /m);
    const token = readFileSync(join(cwd, '.keeptrusts/token'), 'utf8').trim();
    const answer = await fetch(`${api}/v1/problems`, { headers: { authorization: `Bearer ${token}` } });
    const { problems } = (await answer.json()) as { problems: { object: string; code: string }[] };
    expect(problems.map(({ object, code }) => `${object} ${code}`)).to.deep.equal([
      'ProviderTarget default/real CredentialMissing',
    ]);
    const doctor = await kt(['doctor'], { cwd });
    expect(doctor.out).to.match(/^providers +failed +.*default\/real: keeptrusts-default-0: .*api-key/m);
  });

  it('refuses a folder that is not there', async () => {
    const process = new KtProcess(
      ['up', '-f', join(cwd, 'nowhere'), '--api-port', '0', '--gateway-port', '0'],
      { cwd },
    );
    started.push(process);
    expect(await process.exited).to.equal(1);
    expect(process.err).to.contain('nowhere');
  });
});
