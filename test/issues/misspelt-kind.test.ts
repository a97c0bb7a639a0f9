import { expect } from 'chai';
import { WidgetFolder, widget } from '../fakes/widget-folder.ts';

/** A slip in `kind` or `apiVersion` took a policy out of force; `kubectl apply` would have refused the file. */
describe('issue: a misspelt kind or version of an object in force', () => {
  let folder: WidgetFolder;

  beforeEach(async () => {
    folder = await WidgetFolder.open(`${widget('a')}---\n${widget('b')}`);
  });
  afterEach(() => folder.close());

  for (const [what, from, to] of [
    ['kind', 'kind: Widget', 'kind: Widgett'],
    ['version', 'example.com/v1', 'example.com/v1beta1'],
    ['group', 'example.com/v1', 'exmaple.com/v1'],
  ] as const) {
    it(`keeps it, and says so: ${what}`, async () => {
      folder.write('a.yaml', `${widget('a').replace(from, to)}---\n${widget('b')}`);
      await folder.source.sync();
      expect(folder.names).to.deep.equal(['a', 'b']);
      const [problem] = folder.source.problems();
      expect(problem).to.include({ file: 'a.yaml', line: 1, code: 'not_served' });
      expect(problem!.message).to.match(/^there is no Widgett? of \S+; .* stay in force$/);
    });
  }

  it('is told of an object that never was in force, which takes nothing with it', async () => {
    folder.write('c.yaml', widget('c').replace('Widget', 'Widgett'));
    await folder.source.sync();
    expect(folder.names).to.deep.equal(['a', 'b']);
    expect(folder.source.problems()[0]!.message).to.equal('there is no Widgett of example.com/v1');
  });

  it('lets go of what a file no longer holds beside objects of a cluster', async () => {
    folder.write('a.yaml', `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n---\n${widget('b')}`);
    await folder.source.sync();
    expect(folder.names).to.deep.equal(['b']);
  });
});
