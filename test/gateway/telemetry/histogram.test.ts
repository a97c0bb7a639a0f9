import { expect } from 'chai';
import { Histogram, Registry } from 'prom-client';
import { TalliedHistogram } from '../../../gateway/telemetry/histogram.ts';

const options = {
  name: 'seconds',
  help: 'How long.',
  labelNames: ['provider', 'kind'],
  buckets: [0.1, 1, 10],
};
const observations: [number, string, string][] = [
  [0.1, 'openai', 'chat'],
  [0.1001, 'openai', 'chat'],
  [11, 'openai', 'chat'],
  [0, 'mock', 'a "quoted" kind'],
  [10, 'mock', 'chat'],
];

describe('a histogram that counts for itself', () => {
  it('is written as the library writes its own', async () => {
    const [own, library] = [new Registry(), new Registry()];
    const tallied = new TalliedHistogram(options, own);
    const reference = new Histogram({ ...options, registers: [library] });
    for (const [value, provider, kind] of observations) {
      tallied.observe(value, provider, kind);
      reference.observe({ provider, kind }, value);
    }
    expect(await own.metrics()).to.equal(await library.metrics());
    expect(await own.metrics()).to.include('seconds_bucket{le="1",provider="openai",kind="chat"} 2');
  });

  it('has no lines before the first observation', async () => {
    const [own, library] = [new Registry(), new Registry()];
    new TalliedHistogram(options, own);
    new Histogram({ ...options, registers: [library] });
    expect(await own.metrics()).to.equal(await library.metrics());
  });
});
