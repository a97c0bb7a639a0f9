import { rmSync } from 'node:fs';
import { expect } from 'chai';
import { WidgetFolder, widget } from '../fakes/widget-folder.ts';

const WIDGET = widget('a');

/** An editor that empties a file before it writes it took the objects, and with them the gateway, away. */
describe('issue: a file that is empty or gone for a moment', () => {
  let folder: WidgetFolder;

  beforeEach(async () => {
    folder = await WidgetFolder.open(WIDGET);
  });
  afterEach(() => folder.close());

  for (const [what, take] of [
    ['empty', () => folder.write('a.yaml', '')],
    ['gone', () => rmSync(folder.file('a.yaml'))],
  ] as const) {
    it(`keeps its objects while it is ${what} for half a second`, async () => {
      take();
      await folder.clock.advance(500);
      folder.write('a.yaml', `${WIDGET}# edited\n`);
      await folder.clock.advance(10_000);
      expect(folder.store.cache.list('Widget')[0]!.metadata).to.include({ name: 'a', uid: 'uid-1' });
    });

    it(`lets them go when it stays ${what}`, async () => {
      take();
      await folder.clock.advance(2_000);
      expect(folder.names).to.deep.equal([]);
    });
  }

  it('counts anew after the objects were back', async () => {
    for (let round = 0; round < 3; round += 1) {
      folder.write('a.yaml', '');
      await folder.clock.advance(500);
      folder.write('a.yaml', `${WIDGET}# ${round}\n`);
      await folder.clock.advance(500);
    }
    expect(folder.store.cache.list('Widget')[0]!.metadata).to.include({ name: 'a', uid: 'uid-1' });
  });

  it('reads a folder in which something is written all the time', async () => {
    folder.write('a.yaml', WIDGET.replace('size: 1', 'size: 2'));
    await folder.clock.advance(900);
    for (let at = 0; at < 40; at += 1) {
      folder.write('notes.txt', String(at));
      await folder.clock.advance(40);
    }
    expect(folder.store.cache.list('Widget')[0]!.spec).to.deep.equal({ size: 2 });
  });
});
