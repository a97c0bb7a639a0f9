import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { hierarchies, makeCgroups, processesIn, removeCgroups } from '../../../hack/cluster/cgroups.ts';

describe('control groups of a cluster', () => {
  let mount: string;
  const write = (file: string, text: string): void => writeFileSync(join(mount, file), text);
  const read = (file: string): string => readFileSync(join(mount, file), 'utf8');

  beforeEach(() => {
    mount = mkdtempSync(join(tmpdir(), 'kt-test-'));
  });
  afterEach(() => rmSync(mount, { recursive: true }));

  it('are one in each hierarchy of version 1, by the names of their folders', () => {
    const text = '9:name=systemd:/\n8:pids:/\n2:cpu,cpuacct:/user\n0::/\n';
    expect(hierarchies(text)).to.deep.equal(['systemd', 'pids', 'cpu,cpuacct']);
    expect(hierarchies('0::/user.slice\n')).to.deep.equal([]);
  });

  it('get the controllers of version 2 that the root does not pass on yet', () => {
    write('cgroup.controllers', 'cpuset cpu io memory pids misc\n');
    write('cgroup.subtree_control', 'cpu cpuset io memory\n');
    makeCgroups([join(mount, 'ours')], join(mount, 'noted'));
    expect(read('cgroup.subtree_control')).to.equal('+pids');
    expect(existsSync(join(mount, 'ours/init'))).to.equal(true);
  });

  it('get processors and memory with version 1', () => {
    const folder = join(mount, 'ours');
    for (const name of ['', 'ours', 'ours/init']) {
      mkdirSync(join(mount, name), { recursive: true });
      write(join(name, 'cpuset.cpus'), name === '' ? '0-1\n' : '\n');
      write(join(name, 'cpuset.mems'), name === '' ? '0\n' : '\n');
    }
    makeCgroups([folder], join(mount, 'noted'));
    expect(read('ours/init/cpuset.cpus')).to.equal('0-1\n');
    expect(read('ours/init/cpuset.mems')).to.equal('0\n');
  });

  it('tell every process in them once, at any depth', () => {
    for (const group of ['memory/ours/init', 'memory/ours/pods/one', 'pids/ours/init'])
      mkdirSync(join(mount, group), { recursive: true });
    write('memory/ours/cgroup.procs', '');
    write('memory/ours/init/cgroup.procs', '7\n8\n');
    write('memory/ours/pods/one/cgroup.procs', '9\n');
    write('pids/ours/init/cgroup.procs', '7\n8\n');
    const folders = ['memory', 'pids', 'gone'].map((name) => join(mount, name, 'ours'));
    expect(processesIn(folders)).to.have.members([7, 8, 9]);
  });

  it('are removed from the lowest', () => {
    const folder = join(mount, 'ours');
    mkdirSync(join(folder, 'pods/one/container'), { recursive: true });
    mkdirSync(join(folder, 'init'));
    removeCgroups([folder, join(mount, 'gone')]);
    expect(existsSync(folder)).to.equal(false);
  });
});
