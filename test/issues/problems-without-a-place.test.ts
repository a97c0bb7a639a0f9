import { expect } from 'chai';
import { parseManifestFile } from '../../operator/local/manifest-file.ts';
import { kt } from '../fakes/kt-process.ts';
import { KtUp, targetResource } from '../fakes/kt-up.ts';

const POLICY = `apiVersion: governance.keeptrusts.com/v1alpha1
kind: GovernancePolicy
metadata: { name: guard }
spec:
  identity: { anonymousCallers: Allowed }
  entries:
    - name: terms
      kind: DlpFilter
      dlpFilter:
        detectPatterns:
          - fine
          - "(unclosed"
`;

/** A fault that the schema cannot see was told with the object and its field, and one had to look for the file. */
describe('issue: problems of resources name file, line and column', function () {
  this.timeout(60_000);
  const up = new KtUp();
  before(async () => {
    up.write('target.yaml', targetResource('http://127.0.0.1:9/v1'));
    up.write('policies/guard.yaml', POLICY);
    await up.start();
  });
  after(() => up.remove());

  it('at the start, in doctor and in the API', async () => {
    const where = 'policies/guard.yaml:12:13';
    const field = 'GovernancePolicy default/guard: spec.entries[0].dlpFilter.detectPatterns[1]: E017';
    expect(up.output).to.contain(`${where}: ${field}`);
    const { problems } = (await up.api('/v1/problems')) as { problems: object[] };
    expect(problems[0]).to.include({ file: 'policies/guard.yaml', line: 12, column: 13 });
    expect((await kt(['doctor'], { cwd: up.cwd.path })).out).to.contain(
      `${where} GovernancePolicy default/guard: `,
    );
  });

  it('in a list of resources too, and the nearest thing around a field that is not there', () => {
    const list =
      'kind: List\napiVersion: v1\nitems:\n  - apiVersion: a/v1\n    kind: Widget\n    metadata: {name: a}\n    spec:\n      size: 1\n';
    const parsed = parseManifestFile(list);
    if (!('objects' in parsed)) return expect.fail('it is valid');
    const place = (message: string) => parsed.objects[0]!.place(message);
    expect(place('spec.size: must be a string')).to.deep.equal({ line: 8, column: 7 });
    expect(place('spec.colour: Required value')).to.deep.equal({ line: 8, column: 7 });
    expect(place('it is not what it was')).to.equal(null);
  });
});
