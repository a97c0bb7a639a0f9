import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { type FileResult, type LanesOptions, runInLanes } from '../../../hack/test/lanes.ts';
import { eventually, TestFolder } from '../../fakes/folder.ts';

describe('tests in several processes', () => {
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  /** A file of tests; `body` is what its one test does. */
  function file(name: string, body: string, beside = ''): string {
    folder.write(
      `${name}.mjs`,
      `${beside}\ndescribe('${name}', () => it('works', async () => { ${body} }));\n`,
    );
    return folder.file(`${name}.mjs`);
  }
  async function run(files: readonly string[], over: Partial<LanesOptions> = {}): Promise<FileResult[]> {
    const results: FileResult[] = [];
    const signal = new AbortController().signal;
    const options = { lanes: 1, limitMs: 20_000, env: {}, color: false, signal, ...over };
    await runInLanes(files, options, (result) => results.push(result));
    return results;
  }
  const counts = ({ passed, failed }: FileResult): number[] => [passed, failed];

  it('tell of each file what passed, failed and was skipped, and what it wrote', async () => {
    const skips = `it('is not for here', function () { this.skip(); });`;
    const [good, bad] = await run([
      file('good', `console.log('from good'); process.stderr.write('and more');`, skips),
      file('bad', `throw new Error('the cause');`),
    ]);
    expect(good).to.deep.include({ passed: 1, failed: 0, failures: '', output: 'from good\nand more' });
    expect(good!.skipped).to.deep.equal(['is not for here']);
    expect(bad).to.deep.include({ passed: 0, failed: 1, skipped: [], output: '' });
    expect(bad!.failures).to.match(/bad\n\s+works:\n\s+Error: the cause\n\s+at .*bad\.mjs/);
  });

  it('give their surroundings to the tests', async () => {
    const [one] = await run([file('one', `if (process.env.KT_X !== 'y') throw new Error();`)], {
      env: { KT_X: 'y' },
    });
    expect(counts(one!)).to.deep.equal([1, 0]);
  });

  it('run side by side, each a file at a time in the order given', async () => {
    const begun = folder.file('begun');
    const note = `const { appendFileSync, readFileSync } = await import('node:fs');`;
    const meet = `${note} appendFileSync(${JSON.stringify(begun)}, 'x');
      while (readFileSync(${JSON.stringify(begun)}).length < 2) await new Promise((r) => setTimeout(r, 10));`;
    const results = await run([file('a', meet), file('b', meet), file('c', '')], { lanes: 2 });
    expect(results.map(counts)).to.deep.equal([
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
  });

  it('call a file failed that cannot be loaded', async () => {
    folder.write('broken.mjs', `import './nowhere.mjs';\n`);
    const [broken] = await run([folder.file('broken.mjs')]);
    expect(counts(broken!)).to.deep.equal([0, 1]);
    expect(broken!.failures).to.match(/cannot be loaded: .*nowhere\.mjs/);
  });

  it('call a file failed whose process ends, and go on with the next', async () => {
    const results = await run([
      file('quits', `console.error('last words'); process.exit(3);`),
      file('killed', `process.kill(process.pid, 'SIGKILL');`),
      file('good', ''),
    ]);
    expect(results.map(counts)).to.deep.equal([
      [0, 1],
      [0, 1],
      [1, 0],
    ]);
    expect(results[0]!.failures).to.match(/ended before it had told what came of it: exit code 3$/);
    expect(results[0]!.output).to.equal('last words\n');
    expect(results[1]!.failures).to.match(/: SIGKILL$/);
  });

  it('lose no error of a file that has ended', async () => {
    const results = await run([
      file('late', `setTimeout(() => { throw new Error('too late'); }, 100);`),
      file('next', `await new Promise((resolve) => setTimeout(resolve, 1000));`),
    ]);
    expect(results.map(counts)).to.deep.equal([
      [1, 0],
      [0, 1],
    ]);
    // It ends the process where no test runs just then.
    expect(results[1]!.failures + results[1]!.output).to.contain('too late');
  });

  it('fail the test that runs where nobody waits for a promise that is rejected, however many files ran', async () => {
    const before = Array.from({ length: 12 }, (_, index) => file(`f${index}`, ''));
    const left = file(
      'left',
      `Promise.reject(new Error('left alone')); await new Promise((r) => setTimeout(r, 50));`,
    );
    const results = await run([...before, left, file('next', '')]);
    expect(results.slice(-2).map(counts)).to.deep.equal([
      [0, 1],
      [1, 0],
    ]);
    expect(results.at(-2)!.failures).to.contain('left alone');
    expect(results.map(({ output }) => output).join('')).to.equal('');
  });

  it('end a file that takes too long, with all that it started, and name it', async () => {
    const pid = folder.file('pid');
    const start = `const { spawn } = await import('node:child_process');
      const { writeFileSync } = await import('node:fs');
      const idle = ['-e', 'setInterval(() => {}, 1000)'];
      const children = [false, true].map((detached) => spawn(process.execPath, idle, { detached }));
      writeFileSync(${JSON.stringify(pid)}, children.map(({ pid }) => pid).join());
      for (;;) {}`;
    const [hung, good] = await run([file('hung', start), file('good', '')], { limitMs: 6000 });
    expect(counts(hung!)).to.deep.equal([0, 1]);
    expect(hung!.failures).to.match(/: it had not ended after 6 s$/);
    expect(counts(good!)).to.deep.equal([1, 0]);
    const children = readFileSync(pid, 'utf8').split(',').map(Number);
    expect(children).to.have.length(2);
    await eventually(() => !children.some(alive), 'the end of the children');
  });

  it('end at once when they are interrupted', async () => {
    const interruption = new AbortController();
    setTimeout(() => interruption.abort(), 500);
    const results = await run([file('hung', 'for (;;) {}'), file('good', '')], {
      signal: interruption.signal,
    });
    expect(results).to.deep.equal([]);
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
