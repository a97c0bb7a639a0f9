import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { notesOf } from '../../operator/announce.ts';
import { TestFolder } from '../fakes/folder.ts';
import { root } from '../fakes/kt-process.ts';

const SAMPLE = join(root, 'config/samples/quickstart');
const url = 'http://127.0.0.1:41002';
const running = {
  instances: () => [
    {
      namespace: 'default',
      gateway: 'default',
      name: 'default-0',
      url,
      adminUrl: 'http://127.0.0.1:41003',
      pid: 1,
      ready: true,
      failure: null,
    },
  ],
};

describe('what the folder says to try next', () => {
  const listing = (stateDir: string) =>
    notesOf(SAMPLE, stateDir, running)
      .split('\n')
      .filter((line) => line.includes('kt events list'));

  it('names the gateway, and the state folder only where kt would not find it', () => {
    expect(notesOf(SAMPLE, '.keeptrusts', running))
      .to.contain(`curl -s ${url}/v1/`)
      .and.not.match(/\{[a-z-]+\}/);
    expect(listing('.keeptrusts')).to.deep.equal(['  npx kt events list --since 1h']);
    expect(listing(join(process.cwd(), '.keeptrusts'))).to.deep.equal(['  npx kt events list --since 1h']);
    expect(listing('/var/lib/kt')).to.deep.equal(['  npx kt events list --since 1h --state-dir /var/lib/kt']);
  });

  it('quotes a folder for the shell', () => {
    for (const folder of ["/a b/it's", '/$&/$(x)', '/`x`/*']) {
      const [line] = listing(folder);
      const said = line!.replace('npx kt', 'printf "%s\\n"');
      expect(execFileSync('sh', ['-c', said], { encoding: 'utf8' }).split('\n').at(-2)).to.equal(folder);
    }
  });

  it('is nothing where the folder or nobody says anything', () => {
    const empty = new TestFolder();
    try {
      expect(notesOf(empty.path, '.keeptrusts', running)).to.equal('');
    } finally {
      empty.remove();
    }
    expect(notesOf(SAMPLE, '.keeptrusts', { instances: () => [] })).to.equal('');
  });
});
