import { expect } from 'chai';
import { sources, tools } from './sources.ts';

/** Files that may pass the limit, each with its reason. */
const exceptions: ReadonlyMap<string, string> = new Map();

const handWritten = [...sources.values(), ...tools].filter(
  (file) => !file.path.startsWith('crds/types/') && !file.path.endsWith('.generated.ts'),
);
const lines = (text: string): number => text.split('\n').length - 1;

describe('size of source files', () => {
  it('none is over 400 lines', () => {
    const long = handWritten
      .filter((file) => lines(file.text) > 400 && !exceptions.has(file.path))
      .map((file) => `${file.path}: ${lines(file.text)}`);
    expect(long).to.deep.equal([]);
  });

  it('the median is under 100 lines', () => {
    const sizes = handWritten.map((file) => lines(file.text)).sort((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).to.be.lessThan(100);
  });
});
