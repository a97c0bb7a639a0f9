import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { eventually } from '../../fakes/folder.ts';

const MAIN = fileURLToPath(new URL('../../fakes/postgres-main.ts', import.meta.url));

describe('a PostgreSQL server of the tests', () => {
  it('leaves nothing when the process that started it is killed', async () => {
    const parent = spawn(process.execPath, [MAIN], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = await once(parent.stdout, 'data');
      const [port, data] = String(line).trim().split(' ') as [string, string];
      const folder = dirname(data);
      expect(existsSync(folder)).to.equal(true);
      parent.kill('SIGKILL');
      await eventually(() => !existsSync(folder), 'the removal of its folder');
      const socket = connect(Number(port), '127.0.0.1');
      const [error] = await once(socket, 'error');
      expect(error).to.include({ code: 'ECONNREFUSED' });
    } finally {
      parent.kill('SIGKILL');
    }
  });
});
