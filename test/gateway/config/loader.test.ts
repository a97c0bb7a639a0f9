import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type ConfigLoader,
  createConfigLoader,
  type RejectedDocument,
} from '../../../gateway/config/loader.ts';
import type { Plan } from '../../../gateway/config/plan.ts';
import { indexRoutes } from '../../../gateway/config/routes.ts';
import { type Examined, examine } from '../../../gateway/contract/examine.ts';
import { type KindContracts, loadKindContracts } from '../../../gateway/contract/kinds.ts';

const doc = (version: number): string =>
  `pack: {name: a, version: 1.0.${version}, enabled: true}\npolicies: {chain: [audit-logger]}\n`;

describe('the config loader', function () {
  this.timeout(15_000);
  let kinds: KindContracts;
  let dir: string;
  let path: string;
  let loader: ConfigLoader | null;
  let plans: { version: string; text: string; warnings: number }[];
  let rejected: RejectedDocument[];
  let reads: number;
  before(async () => {
    kinds = await loadKindContracts();
  });
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'config-'));
    path = join(dir, 'policy-config.yaml');
    [plans, rejected, reads, loader] = [[], [], 0, null];
  });
  afterEach(async () => {
    loader?.close();
    await rm(dir, { recursive: true });
  });

  const start = async (
    over: Partial<Parameters<typeof createConfigLoader>[0]> = {},
  ): Promise<ConfigLoader> => {
    loader = createConfigLoader({
      path,
      read: async (text): Promise<Examined> => {
        reads += 1;
        return examine(text, { kinds, situation: { loneGateway: false } });
      },
      compile: async (config): Promise<Plan> => ({
        config,
        revision: { number: null, hash: '' },
        entries: [],
        targets: [],
        ...indexRoutes([]),
      }),
      onPlan: (plan, text, warnings) =>
        plans.push({ version: plan.config.pack.version, text, warnings: warnings.length }),
      onRejected: (one) => rejected.push(one),
      pollMs: 100,
      ...over,
    });
    await loader.start();
    return loader;
  };
  const versions = (): string[] => plans.map(({ version }) => version);
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300));

  /** As the kubelet does: a folder with the new version, and one link swapped. */
  const mount = async (version: number, text = doc(version)): Promise<void> => {
    const folder = join(dir, `..v${version}`);
    await mkdir(folder);
    await writeFile(join(folder, 'policy-config.yaml'), text);
    await symlink(`..v${version}`, join(dir, '..data_tmp'));
    await rename(join(dir, '..data_tmp'), join(dir, '..data'));
    if (version === 0) await symlink(join('..data', 'policy-config.yaml'), path);
  };

  it('has the first plan when start resolves, and gives the text with it', async () => {
    await writeFile(path, doc(0));
    await start();
    expect(plans).to.deep.equal([{ version: '1.0.0', text: doc(0), warnings: 0 }]);
    expect(rejected).to.deep.equal([]);
  });

  it('follows the swap of a mounted ConfigMap', async () => {
    await mount(0);
    await start({ pollMs: 600_000 });
    for (const version of [1, 2, 3]) {
      await mount(version);
      await until(() => plans.length === version + 1);
    }
    expect(versions()).to.deep.equal(['1.0.0', '1.0.1', '1.0.2', '1.0.3']);
  });

  it('follows edits in place and atomic renames', async () => {
    await writeFile(path, doc(0));
    await start({ pollMs: 600_000 });
    await writeFile(path, doc(1));
    await until(() => plans.length === 2);
    await writeFile(join(dir, 'new'), doc(2));
    await rename(join(dir, 'new'), path);
    await until(() => plans.length === 3);
    expect(versions()).to.deep.equal(['1.0.0', '1.0.1', '1.0.2']);
  });

  it('sees by the poll that the folder itself was replaced', async () => {
    const inner = join(dir, 'inner');
    path = join(inner, 'policy-config.yaml');
    await mkdir(inner);
    await writeFile(path, doc(0));
    await start();
    for (const version of [1, 2]) {
      await mkdir(join(dir, 'next'));
      await writeFile(join(dir, 'next', 'policy-config.yaml'), doc(version));
      await rename(inner, join(dir, `old${version}`));
      await rename(join(dir, 'next'), inner);
      await until(() => versions().includes(`1.0.${version}`));
    }
  });

  it('keeps the plan when a bad document comes, says why once, and takes the next good one', async () => {
    await mount(0);
    await start();
    await mount(1, 'policies: {chain: [pii-detektor]}\n');
    await until(() => rejected.length === 1);
    expect(rejected[0]!.hash).to.match(/^[0-9a-f]{64}$/);
    expect(rejected[0]!.problems.map(({ code, line }) => [code, line])).to.deep.equal([
      ['E013', 1],
      ['E001', 1],
    ]);
    await quiet();
    expect([plans.length, rejected.length]).to.deep.equal([1, 1]);
    await mount(2);
    await until(() => plans.length === 2);
    expect(versions()).to.deep.equal(['1.0.0', '1.0.2']);
  });

  it('has no plan where there never was a good document, and takes the first that comes', async () => {
    await start();
    expect(plans).to.deep.equal([]);
    expect(rejected.map(({ hash, problems }) => [hash, problems[0]!.code])).to.deep.equal([['', 'E031']]);
    await writeFile(path, 'pack: [');
    await until(() => rejected.length === 2);
    await writeFile(path, doc(1));
    await until(() => plans.length === 1);
  });

  it('keeps the plan when the file goes, and says so once', async () => {
    await writeFile(path, doc(0));
    await start();
    await unlink(path);
    await until(() => rejected.length === 1);
    await quiet();
    expect(rejected.map(({ problems }) => problems[0]!.code)).to.deep.equal(['E031']);
    await writeFile(path, doc(0));
    await until(() => plans.length === 2);
  });

  it('refuses a document that could not be judged or compiled, and goes on', async () => {
    await writeFile(path, doc(0));
    let broken = 'read';
    await start({
      read: async (text) => {
        if (broken === 'read') throw new Error('the thread ended');
        return examine(text, { kinds, situation: { loneGateway: false } });
      },
      compile: async () => {
        throw new Error('no such detector');
      },
    });
    expect(rejected[0]!.problems[0]).to.include({
      code: 'E032',
      message: 'the document could not be judged: the thread ended',
    });
    broken = 'compile';
    await writeFile(path, doc(1));
    await until(() => rejected.length === 2);
    expect(rejected[1]!.problems[0]!.message).to.equal(
      'the document could not be compiled: no such detector',
    );
    expect(plans).to.deep.equal([]);
  });

  it('does nothing for a touch, another file or an unchanged rewrite', async () => {
    await writeFile(path, doc(0));
    await start();
    await writeFile(path, doc(0));
    await writeFile(join(dir, 'other'), 'x');
    await quiet();
    expect([reads, plans.length]).to.deep.equal([1, 1]);
  });

  it('reads a burst of edits seldom and ends with the last', async () => {
    await writeFile(path, doc(0));
    await start();
    for (let version = 1; version <= 40; version += 1) await writeFile(path, doc(version));
    await until(() => versions().at(-1) === '1.0.40');
    expect(reads).to.be.lessThan(25);
  });

  it('judges the same text again at the next write, where the fault was not the document’s', async () => {
    await writeFile(path, doc(0));
    let broken = true;
    await start({
      read: async (text) => {
        if (broken) throw new Error('it took over 60000 ms');
        return examine(text, { kinds, situation: { loneGateway: false } });
      },
    });
    expect(rejected.map(({ problems }) => problems[0]!.code)).to.deep.equal(['E032']);
    broken = false;
    await writeFile(path, doc(0));
    await until(() => plans.length === 1);
  });

  it('reads neither a device nor more of a file than a document may have', async () => {
    path = '/dev/zero';
    await start();
    await writeFile(join(dir, 'large'), '');
    await truncate(join(dir, 'large'), 2 ** 30);
    path = join(dir, 'large');
    await start();
    expect(rejected.map(({ hash, problems }) => [hash, problems[0]!.code])).to.deep.equal([
      ['', 'E031'],
      ['', 'E026'],
    ]);
    expect(rejected[0]!.problems[0]!.message).to.equal('/dev/zero cannot be read (no regular file)');
  });

  it('waits for nobody to write into a pipe that stands in the place of the file', async () => {
    await writeFile(path, doc(0));
    await start();
    await unlink(path);
    execFileSync('mkfifo', [path]);
    await until(() => rejected.at(-1)?.problems[0]?.message.includes('no regular file') === true);
    await unlink(path);
    await writeFile(path, doc(1));
    await until(() => versions().at(-1) === '1.0.1');
  });

  it('compiles the document in force again when asked, not the refused one', async () => {
    await writeFile(path, doc(0));
    const running = await start();
    await writeFile(path, 'x: 1');
    await until(() => rejected.length === 1);
    await running.recompile();
    expect(versions()).to.deep.equal(['1.0.0', '1.0.0']);
    // And goes on saying that the newest is refused.
    expect(rejected.map(({ hash }) => hash)).to.deep.equal([rejected[0]!.hash, rejected[0]!.hash]);
    await writeFile(path, doc(1));
    await until(() => versions().at(-1) === '1.0.1');
    await running.recompile();
    expect(rejected).to.have.length(2);
  });

  it('is silent after close, also of what it was reading', async () => {
    await writeFile(path, doc(0));
    let going = false;
    const running = await start({
      read: async (text) => {
        if (plans.length > 0) {
          going = true;
          await quiet();
        }
        return examine(text, { kinds, situation: { loneGateway: false } });
      },
    });
    await writeFile(path, 'x: 1');
    await until(() => going);
    running.close();
    await writeFile(path, doc(1));
    await quiet();
    await quiet();
    expect(rejected).to.deep.equal([]);
    expect(versions()).to.deep.equal(['1.0.0']);
  });
});
