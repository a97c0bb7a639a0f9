import { expect } from 'chai';
import { classify } from '../../../gateway/detectors/classify.ts';
import { createPatternLibrary } from '../../../gateway/detectors/patterns.ts';
import { cpuTime } from '../../fakes/cpu-time.ts';

describe('the pattern library', () => {
  it('classifies in a thread and answers at once afterwards', async () => {
    const library = createPatternLibrary();
    await library.prepare(['AKIA[0-9A-Z]{16}', '^(a+)+$', '(', 'AKIA[0-9A-Z]{16}']);
    expect(library.verdict('AKIA[0-9A-Z]{16}')).to.include({ ok: true, engine: 'v8' });
    expect(library.verdict('^(a+)+$')).to.include({ ok: true, engine: 're2' });
    expect(library.verdict('(')).to.include({ ok: false });
    const hits: number[] = [];
    library
      .scanner('AKIA[0-9A-Z]{16}')
      .scan('key AKIAIOSFODNN7EXAMPLE', 0, true, (start) => hits.push(start));
    expect(hits).to.deep.equal([4]);
  });

  it('leaves the work to its thread', async () => {
    const library = createPatternLibrary();
    const before = process.threadCpuUsage();
    const all = process.cpuUsage();
    await library.prepare([
      ...Array.from({ length: 40 }, (_, index) => `(a|b|ab){1,9}c${index}`),
      '((\\w)\\2+)+x',
    ]);
    const own = process.threadCpuUsage(before);
    const total = process.cpuUsage(all);
    expect((own.user + own.system) / (total.user + total.system)).to.be.below(0.1);
  });

  it('works on nothing that it knows', async () => {
    const library = createPatternLibrary();
    await library.prepare(['((\\w)\\2+)+x']);
    expect(await cpuTime(() => library.prepare(['((\\w)\\2+)+x']))).to.be.below(20);
  });

  it('takes over what was found out elsewhere', () => {
    const library = createPatternLibrary();
    library.learn([['abc', classify('abc')]]);
    expect(library.verdict('abc')).to.include({ ok: true });
    expect(library.scanner('abc').next('xabc', 0, true)).to.include({ start: 1, end: 4 });
  });

  it('refuses what was not prepared or cannot run', async () => {
    const library = createPatternLibrary();
    expect(() => library.scanner('abc')).to.throw('not prepared');
    await library.prepare(['(?P<x>a)']);
    expect(() => library.scanner('(?P<x>a)')).to.throw('Python');
  });
});
