import { expect } from 'chai';
import { Abandonment } from '../../../gateway/pipeline/abandonment.ts';

describe('the abandonment of an exchange', () => {
  it('tells what the exchange waits for now, once, with the first reason', () => {
    const abandonment = new Abandonment();
    const told: string[] = [];
    abandonment.tell({ abandon: ({ message }) => told.push(`body ${message}`) });
    abandonment.tell({ abandon: ({ message }) => told.push(`place ${message}`) });
    abandonment.abandon(new Error('stopped'));
    abandonment.abandon(new Error('gone'));
    expect(told).to.deep.equal(['place stopped']);
    expect(abandonment.reason?.message).to.equal('stopped');
  });

  it('tells at once whoever begins to wait after it', () => {
    const abandonment = new Abandonment();
    abandonment.abandon(new Error('stopped'));
    const told: string[] = [];
    abandonment.tell({ abandon: ({ message }) => told.push(message) });
    expect(told).to.deep.equal(['stopped']);
  });

  it('ends a long inspection in its next turn', async () => {
    const abandonment = new Abandonment();
    await abandonment.nextTurn();
    const turn = abandonment.nextTurn();
    abandonment.abandon(new Error('stopped'));
    const thrown = await turn.catch((error: unknown) => error);
    expect(thrown).to.equal(abandonment.reason);
  });
});
