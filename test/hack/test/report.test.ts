import { expect } from 'chai';
import type { FileResult } from '../../../hack/test/lanes.ts';
import { Report } from '../../../hack/test/report.ts';

const result = (over: Partial<FileResult>): FileResult => ({
  file: '/checkout/test/a.test.ts',
  seconds: 0.1,
  passed: 3,
  failed: 0,
  skipped: [],
  failures: '',
  output: '',
  ...over,
});

describe('the report of a run of tests', () => {
  function report(...results: Partial<FileResult>[]): { lines: string[]; report: Report } {
    const lines: string[] = [];
    const made = new Report('/checkout', (text) => lines.push(...text.split('\n')));
    for (const one of results) made.add(result(one));
    return { lines, report: made };
  }

  it('says nothing of a short file that passes, and a line of one that takes long or writes', () => {
    const { lines } = report({}, { seconds: 2.25 }, { output: 'one\ntwo\n' });
    expect(lines).to.deep.equal([
      '   2.3 s  test/a.test.ts: 3 passed',
      '   0.1 s  test/a.test.ts: 3 passed',
      '    one',
      '    two',
    ]);
  });

  it('tells all failures at the end by file, and the counts last', () => {
    const { lines, report: all } = report(
      { failed: 1, failures: '  1) it broke', file: '/checkout/test/b.test.ts' },
      { skipped: ['not here'] },
    );
    expect(lines).to.deep.equal(['   0.1 s  test/b.test.ts: 3 passed, 1 FAILED']);
    all.fail('tier x could not be prepared: no disk');
    expect(all.end()).to.equal(false);
    expect(lines.slice(1)).to.deep.equal([
      'tier x could not be prepared: no disk',
      ...['', 'failed:', '', 'test/b.test.ts', '  1) it broke', '', 'tier x could not be prepared: no disk'],
      ...['', 'skipped:', '  test/a.test.ts: not here', '6 passed, 2 failed, 1 skipped'],
    ]);
  });

  it('calls a run good in which tests ran and none failed', () => {
    const good = report({});
    expect(good.report.end()).to.equal(true);
    expect(good.lines).to.deep.equal(['3 passed, 0 failed, 0 skipped']);
    const none = report();
    expect(none.report.end()).to.equal(false);
    expect(none.lines.at(-1)).to.equal('0 passed, 1 failed, 0 skipped');
  });

  it('names the slowest files of each tier', () => {
    const { lines, report: all } = report(
      { seconds: 12, file: '/checkout/test/b.test.ts' },
      { seconds: 120 },
      { seconds: 9 },
    );
    lines.length = 0;
    all.endTier('pure', 141);
    expect(lines).to.deep.equal([
      'tier pure took 141 s',
      'slowest files:',
      ' 120 s  test/a.test.ts',
      '  12 s  test/b.test.ts',
    ]);
  });
});
