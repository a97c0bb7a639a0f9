import { expect } from 'chai';
import { Counter, Registry } from 'prom-client';
import { CounterChildren } from '../../../gateway/telemetry/children.ts';

describe('counters that are brought up to date when somebody scrapes', () => {
  function counter(): { children: CounterChildren; text(): Promise<string> } {
    const registry = new Registry();
    const children = new CounterChildren();
    new Counter({
      name: 'c',
      help: 'h',
      labelNames: ['a', 'b'],
      registers: [registry],
      collect() {
        children.flush(this);
      },
    });
    return { children, text: () => registry.metrics() };
  }

  it('count each combination apart and nothing twice', async () => {
    const { children, text } = counter();
    children.add(1, 'x', 'y');
    children.add(2, 'x', 'y');
    children.add(1, 'x', 'z');
    expect(await text()).to.include('c{a="x",b="y"} 3');
    children.add(1, 'x', 'y');
    const scraped = await text();
    expect(scraped).to.include('c{a="x",b="y"} 4').and.include('c{a="x",b="z"} 1');
  });

  it('do not grow without bound', async () => {
    const { children, text } = counter();
    for (let index = 0; index < 3_000; index += 1) children.add(1, 'x', String(index));
    const scraped = await text();
    expect(scraped.split('\n').length).to.be.lessThan(2_100);
    expect(scraped).to.include('c{a="other",b="other"} 1000');
  });
});
