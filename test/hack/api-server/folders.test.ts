import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { folderPrefix, leftOver, serversOf, sweep } from '../../../hack/api-server/folders.ts';
import { processes } from '../../../hack/api-server/processes.ts';

const supervisor = (pid: number) => ({ pid, args: ['/bin/node', '/src/hack/api-server/supervisor.ts'] });

describe('folders of runs', () => {
  it('are left over when no supervisor has their process id', () => {
    const names = [
      'keeptrusts-api-server-7-aaa',
      'keeptrusts-api-server-8-bbb',
      'keeptrusts-api-server-9-ccc',
      'x-9-c',
    ];
    const running = [supervisor(7), { pid: 9, args: ['/bin/sleep', '60'] }];
    expect(leftOver(names, running)).to.deep.equal([
      'keeptrusts-api-server-8-bbb',
      'keeptrusts-api-server-9-ccc',
    ]);
  });

  it('have the servers that work in them, not whoever looks at them', () => {
    const etcd = { pid: 1, args: ['/cache/etcd', '--data-dir=/tmp/run-1/etcd'] };
    const other = { pid: 2, args: ['/cache/etcd', '--data-dir=/tmp/run-12/etcd'] };
    const reader = { pid: 3, args: ['less', '/tmp/run-1/etcd.log'] };
    expect(serversOf('/tmp/run-1', [etcd, other, reader])).to.deep.equal([etcd]);
  });

  it('are removed when they are left over', () => {
    const parent = mkdtempSync(join(tmpdir(), 'kt-test-'));
    try {
      // No process has this id: Linux and macOS count to less.
      mkdirSync(join(`${folderPrefix(2 ** 30, parent)}dead`, 'etcd'), { recursive: true });
      mkdirSync(join(parent, 'something-else'));
      sweep(parent);
      expect(readdirSync(parent)).to.deep.equal(['something-else']);
    } finally {
      rmSync(parent, { recursive: true });
    }
  });

  it('are told apart by the command lines of all processes', () => {
    const own = processes().find(({ pid }) => pid === process.pid);
    expect(own?.args.join(' ')).to.include('node');
  });
});
