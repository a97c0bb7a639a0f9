import { expect } from 'chai';
import { RUNS } from '../cluster/scenario/run.ts';
import schema from '../cluster/scenario/scenario.schema.json' with { type: 'json' };
import { readScenarios, scenarioCheck } from '../cluster/scenario/scenario.ts';

describe('scenarios of the cluster', () => {
  const check = scenarioCheck();
  const all = readScenarios();
  const scenario = (step: object): object => ({ title: 'a title', steps: [step] });
  const refusal = (told: object): string => {
    try {
      check('name', told);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('are all as the schema says, each with a title of its own', () => {
    const titles = all.map(({ title }) => title);
    expect(titles.length).to.be.greaterThan(10);
    expect(new Set(titles).size).to.equal(titles.length);
  });

  it('cover the checks that are to hold in a cluster', () => {
    const checks = all.flatMap(({ title }) => /^check (\d+): /.exec(title)?.[1] ?? []);
    expect(checks.sort()).to.deep.equal(['55', '58', '87', '88']);
  });

  it('run alone where they do something to the node', () => {
    expect(all.filter(({ node, alone }) => node && !alone)).to.deep.equal([]);
  });

  it('may not have a step or a field that nobody knows', () => {
    expect(refusal(scenario({ samePods: 'remember' }))).to.equal('');
    expect(refusal(scenario({ sleep: 3 }))).to.equal(
      'scenario name: /steps/0 must NOT have additional properties sleep',
    );
    const request = { content: 'Hello', expect: { status: 200, verdict: 'allow' } };
    expect(refusal(scenario({ request }))).to.equal(
      'scenario name: /steps/0/request/expect must NOT have additional properties verdict',
    );
    expect(refusal({ ...scenario({ samePods: 'expect' }), retries: 3 })).to.include('retries');
  });

  it('do in each step what the schema allows, and nothing else', () => {
    const { in: _, ...steps } = schema.definitions.step.properties;
    expect(Object.keys(RUNS).sort()).to.deep.equal(Object.keys(steps).sort());
  });
});
