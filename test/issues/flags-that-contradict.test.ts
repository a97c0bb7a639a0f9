import { expect } from 'chai';
import { TestFolder } from '../fakes/folder.ts';
import { kt } from '../fakes/kt-process.ts';

const DOCUMENT = 'pack: { name: a, version: 1.0.0, enabled: true }\npolicies: { chain: [audit-logger] }\n';

/** Of two flags that say the same thing one was taken and the other forgotten, be it the stricter policy config. */
describe('issue: flags of kt gateway run that cannot both be meant, or mean nothing', function () {
  this.timeout(60_000);
  let folder: TestFolder;
  before(() => {
    folder = new TestFolder();
    folder.write('a.yaml', DOCUMENT);
    folder.write('b.yaml', DOCUMENT);
  });
  after(() => folder.remove());

  for (const { args, code, says } of [
    {
      args: '--config a.yaml --policy-config b.yaml',
      code: 2,
      says: /--policy-config <file>.*cannot be used/,
    },
    { args: '--policy-config a.yaml --policy-config b.yaml', code: 2, says: /give one policy config/ },
    { args: '--config a.yaml --port 0 --listen 127.0.0.1:0', code: 2, says: /cannot be used with.*--port/ },
    {
      args: '--config a.yaml --admin-port 0 --admin-listen 127.0.0.1:0',
      code: 2,
      says: /cannot be used with/,
    },
    { args: '--config a.yaml --log-level loud', code: 2, says: /Allowed choices are trace, / },
    {
      args: '--upstream nowhere --port 0 --admin-port 0',
      code: 1,
      says: /^kt: --upstream, or .* is not an http/,
    },
    { args: '--upstream ftp://127.0.0.1/ --port 0 --admin-port 0', code: 1, says: /^kt: --upstream, or / },
  ]) {
    it(args, async () => {
      const ended = await kt(['gateway', 'run', ...args.split(' ')], { cwd: folder.path });
      expect([ended.code, ended.out]).to.deep.equal([code, '']);
      expect(ended.err).to.match(says);
    });
  }
});
