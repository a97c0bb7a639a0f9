import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { classifyPattern } from '../../../gateway/contract/patterns.ts';
import { PatternProcess } from '../../../operator/patterns/judge.ts';
import { TestFolder } from '../../fakes/folder.ts';

describe('patterns judged in a process of their own', () => {
  let folder: TestFolder;
  let judge: PatternProcess;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => {
    judge.close();
    folder.remove();
  });

  /** Its process answers but for these patterns. */
  function odd(limitMs: number): PatternProcess {
    folder.write(
      'odd.mjs',
      `process.on('message', (source) => {
        if (source === 'spin') for (;;) {}
        if (source === 'die') process.exit(1);
        process.send({ ok: false, error: 'judged by ' + process.pid });
      });
      process.send('ready');`,
    );
    return new PatternProcess({ limitMs, program: folder.file('odd.mjs') });
  }
  const errorOf = (source: string): string => {
    const verdict = judge.known(source);
    return verdict === null || verdict.ok ? String(verdict) : verdict.error;
  };

  it('come to what they come to here, and are known from then on', async () => {
    judge = new PatternProcess();
    const sources = ['EMP-[0-9]{4}', '(a+)+$', '(?=a)(a+)+$', 'a('];
    for (const source of sources) {
      expect(judge.known(source)).to.equal(null);
      await judge.judge(source);
      expect(judge.known(source)).to.deep.equal(classifyPattern(source));
    }
  });

  it('are refused where that takes too long or ends the process, and others go on in a new one', async () => {
    judge = odd(1500);
    await Promise.all(['spin', 'good', 'die', 'other'].map((source) => judge.judge(source)));
    const refused = 'the pattern cannot be judged: that takes over 1.5 s, or more memory than there is';
    expect([errorOf('spin'), errorOf('die')]).to.deep.equal([refused, refused]);
    expect(errorOf('good')).to.match(/^judged by \d+$/);
    expect(errorOf('other')).to.match(/^judged by \d+$/);
  });

  it('survive the end of the process between two of them', async () => {
    judge = odd(10_000);
    await judge.judge('one');
    process.kill(Number(errorOf('one').slice('judged by '.length)), 'SIGKILL');
    await judge.judge('two');
    expect(errorOf('two')).to.match(/^judged by \d+$/);
  });

  it('stay unknown while the system starts no process, and are judged once it does', async () => {
    judge = odd(10_000);
    folder.write(
      'short-of-files.mjs',
      `import { closeSync, openSync } from 'node:fs';
      import { PatternProcess } from ${JSON.stringify(import.meta.resolve('../../../operator/patterns/judge.ts'))};
      const judge = new PatternProcess({ program: ${JSON.stringify(folder.file('odd.mjs'))} });
      const open = [];
      try {
        for (;;) open.push(openSync('/dev/null'));
      } catch {}
      await judge.judge('one');
      const before = judge.known('one');
      for (const fd of open) closeSync(fd);
      await judge.judge('one');
      console.log(JSON.stringify([before, judge.known('one')?.ok]));
      judge.close();`,
    );
    const command = `ulimit -n 128; exec '${process.execPath}' '${folder.file('short-of-files.mjs')}'`;
    const { stdout } = await promisify(execFile)('sh', ['-c', command]);
    expect(JSON.parse(stdout)).to.deep.equal([null, false]);
  });

  it('stay unknown while the process ends before it has begun, which is told once, and are judged once it does', async () => {
    const told: string[] = [];
    const program = folder.file('odd.mjs');
    folder.write('odd.mjs', 'process.exit(1);');
    judge = new PatternProcess({ limitMs: 10_000, program, report: (reason) => told.push(reason) });
    await judge.judge('one');
    await judge.judge('one');
    expect(judge.known('one')).to.equal(null);
    expect(told).to.deep.equal(['the process that judges patterns ends, or hangs, before it has begun']);
    judge.close();
    judge = odd(10_000);
    await judge.judge('one');
    expect(errorOf('one')).to.match(/^judged by \d+$/);
  });

  it('stay unjudged after the end, and nobody waits', async () => {
    judge = odd(10_000);
    const under = judge.judge('spin');
    await new Promise((resolve) => setTimeout(resolve, 300));
    judge.close();
    await under;
    await judge.judge('later');
    expect([judge.known('spin'), judge.known('later')]).to.deep.equal([null, null]);
  });
});
