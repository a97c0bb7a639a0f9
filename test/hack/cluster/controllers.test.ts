import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { passControllersOn, takeControllersBack } from '../../../hack/cluster/controllers.ts';
import { TestFolder } from '../../fakes/folder.ts';

describe('controllers of the control groups of a machine', () => {
  let folder: TestFolder;
  let parent: string;
  let noted: string;
  const control = (): string => readFileSync(`${parent}/cgroup.subtree_control`, 'utf8');
  /** A kernel takes words such as `+pids` and then shows all that is passed on; a file keeps the last word. */
  const shows = (text: string): void => writeFileSync(`${parent}/cgroup.subtree_control`, text);

  before(function () {
    if (process.platform !== 'linux') this.skip();
  });
  beforeEach(() => {
    folder = new TestFolder();
    parent = folder.file('cgroup');
    noted = folder.file('state/noted');
    mkdirSync(parent);
    writeFileSync(`${parent}/cgroup.controllers`, 'cpuset cpu io memory pids misc\n');
    shows('cpu cpuset io memory\n');
  });
  afterEach(() => folder.remove());

  it('are passed on where they were not, and are not after it', () => {
    passControllersOn(parent, noted);
    expect(control()).to.equal('+pids');
    shows('cpu cpuset io memory pids\n');
    takeControllersBack(noted);
    expect(control()).to.equal('-pids');
    expect(existsSync(noted)).to.equal(false);
  });

  it('stay as they are where all were passed on before', () => {
    shows('cpuset cpu io memory pids\n');
    passControllersOn(parent, noted);
    expect(existsSync(noted)).to.equal(false);
    takeControllersBack(noted);
    expect(control()).to.equal('cpuset cpu io memory pids\n');
  });

  it('stay noted for the second cluster, which finds them passed on', () => {
    passControllersOn(parent, noted);
    shows('cpu cpuset io memory pids\n');
    passControllersOn(parent, noted);
    takeControllersBack(noted);
    expect(control()).to.equal('-pids');
  });

  it('are not taken from a machine that was started anew since', () => {
    passControllersOn(parent, noted);
    writeFileSync(noted, JSON.stringify({ ...JSON.parse(readFileSync(noted, 'utf8')), boot: 'before' }));
    shows('cpu cpuset io memory pids\n');
    takeControllersBack(noted);
    expect(control()).to.equal('cpu cpuset io memory pids\n');
    expect(existsSync(noted)).to.equal(false);
  });

  it('are none with version 1, nor where nothing was noted', () => {
    passControllersOn(folder.path, noted);
    takeControllersBack(noted);
    expect(existsSync(noted)).to.equal(false);
  });
});
