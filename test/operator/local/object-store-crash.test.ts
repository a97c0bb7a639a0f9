import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ObjectStore } from '../../../operator/local/object-store.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import { TestFolder } from '../../fakes/folder.ts';

const writer = fileURLToPath(new URL('../../fakes/store-writer.ts', import.meta.url));

interface Acknowledged {
  uid: string;
  generation: number;
  version: number;
}

/** Lets the writer run for `ms`, kills it, and returns the last acknowledged change of each object. */
async function writeAndKill(dir: string, ms: number): Promise<Map<string, Acknowledged>> {
  const child = spawn(process.execPath, [writer, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  const started = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  child.stdout.on('data', (chunk) => (said += String(chunk)));
  const ended = new Promise((resolve) => child.once('close', resolve));
  await started;
  await new Promise((resolve) => setTimeout(resolve, ms));
  child.kill('SIGKILL');
  await ended;
  const lines = said.slice(0, said.lastIndexOf('\n')).split('\n');
  return new Map(
    lines.map((line) => {
      const [name, uid, generation, version] = line.split(' ') as [string, string, string, string];
      return [name, { uid, generation: Number(generation), version: Number(version) }];
    }),
  );
}

describe('local object store that is killed while it writes', () => {
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  it('has every acknowledged change, no half object, and goes on counting', async () => {
    let highest = 0;
    for (const ms of [5, 23, 41]) {
      const acknowledged = await writeAndKill(folder.path, ms);
      const store = new ObjectStore(
        { dir: folder.path },
        { clock: Date, uid: () => 'new', log: silentLog, admit: (manifest) => manifest },
      );
      store.load();
      expect(
        readdirSync(folder.path, { recursive: true }).filter((name) => String(name).endsWith('.broken')),
      ).to.deep.equal([]);
      for (const [name, { uid, generation, version }] of acknowledged) {
        const { metadata } = store.cache.get({ kind: 'Widget', namespace: 'a', name })!;
        expect(metadata.uid).to.equal(uid);
        // The last change may have been written without being acknowledged.
        expect(metadata.generation).to.be.within(generation, generation + 1);
        expect(version).to.be.above(highest);
      }
      highest = Math.max(...[...acknowledged.values()].map(({ version }) => version));
    }
  });
});
