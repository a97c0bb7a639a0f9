import { expect } from 'chai';
import { baseUrlFault } from '../../gateway/contract/base-url.ts';
import { operatorOptions, operatorProgram } from '../../operator/options.ts';
import { TestFolder } from '../fakes/folder.ts';
import { kt } from '../fakes/kt-process.ts';

const SECRETIVE = [
  'http://jo:hunter2@api.example',
  'http://hunter2@api.example/v1',
  'ftp://jo:hunter2@api.example',
  'http://jo:hunter2@api example',
  'http://jo/hunter2@api.example',
  'jo:hunter2@api.example',
  'http://api.example/?key=hunter2',
  'http://api.example/#hunter2',
];

/** Messages quoted the address as it was given, and the one of `fetch` did so once more. */
describe('issue: addresses with user and password in messages', function () {
  this.timeout(60_000);
  let folder: TestFolder;
  before(() => {
    folder = new TestFolder();
  });
  after(() => folder.remove());

  it('are refused, whatever the fault', () => {
    for (const url of SECRETIVE) {
      expect(baseUrlFault(url), url).to.be.a('string').that.does.not.contain('hunter2');
      const command = operatorProgram().exitOverride();
      const printed: string[] = [];
      command.configureOutput({ writeErr: (text) => void printed.push(text) });
      command.parse(['node', 'operator', '--advertise-url', url]);
      expect(() => operatorOptions(command, {}), url).to.throw(/^error: --advertise-url (is not|holds) /);
      expect(printed)
        .to.match(/Give an address such as/)
        .and.not.to.contain('hunter2');
    }
    expect(baseUrlFault('https://api.example:8443/below/this/')).to.equal(null);
  });

  for (const [args, variable, says] of [
    [
      ['events', 'list'],
      'KEEPTRUSTS_API_URL',
      /^kt: KEEPTRUSTS_API_URL holds a user name .* --api-token or /,
    ],
    [['doctor'], 'KEEPTRUSTS_API_URL', /KEEPTRUSTS_API_URL holds a user name/],
    [
      ['gateway', 'run', '--port', '0', '--admin-port', '0'],
      'KEEPTRUSTS_UPSTREAM_URL',
      /holds a user .* key in /,
    ],
  ] as const) {
    it(`are not repeated by kt ${args.join(' ')}`, async () => {
      const ended = await kt(args, { cwd: folder.path, env: { [variable]: SECRETIVE[0]! } });
      expect(ended.code).to.be.greaterThan(0);
      expect(ended.err).to.match(says);
      expect(ended.out + ended.err).not.to.contain('hunter2');
    });
  }

  for (const args of ['events list --api-url', 'doctor --api-url', 'gateway run --port 0 --upstream']) {
    it(`are not repeated by kt ${args}`, async () => {
      const ended = await kt([...args.split(' '), SECRETIVE[3]!], { cwd: folder.path });
      expect(ended.code).to.be.greaterThan(0);
      expect(ended.err).to.contain('is not an http or https address');
      expect(ended.out + ended.err).not.to.contain('hunter2');
    });
  }
});
