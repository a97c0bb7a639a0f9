import { expect } from 'chai';
import { changes } from '../../../operator/status/changes.ts';
import type { Condition } from '../../../operator/status/conditions.ts';

const condition = (type: string, status: Condition['status'], reason: string, message = 'm'): Condition => ({
  type,
  status,
  reason,
  message,
  observedGeneration: 1,
  lastTransitionTime: '2026-01-02T03:04:05Z',
});
const told = (before: Condition[] | undefined, after: Condition[]): string[] =>
  changes(before, after).map(({ type, reason }) => `${type} ${reason}`);

describe('events of a change of conditions', () => {
  const pending = condition('Programmed', 'False', 'GatewayPending');
  const programmed = condition('Programmed', 'True', 'Programmed');
  const accepted = condition('Accepted', 'True', 'Accepted');
  const invalid = condition('Accepted', 'False', 'Invalid', 'what is wrong');

  it('are none where nothing changed, or only the words', () => {
    expect(told([invalid, pending], [invalid, pending])).to.deep.equal([]);
    expect(told([invalid], [{ ...invalid, message: 'other words', observedGeneration: 2 }])).to.deep.equal(
      [],
    );
  });

  it('are none for what is so at first, and for waits', () => {
    expect(told(undefined, [accepted, pending, condition('ResolvedRefs', 'True', 'Resolved')])).to.deep.equal(
      [],
    );
    expect(told([programmed], [pending])).to.deep.equal([]);
    expect(told(undefined, [condition('Programmed', 'False', 'NoGateway')])).to.deep.equal([]);
  });

  it('warn of what is wrong, at once and with its message', () => {
    expect(changes(undefined, [invalid])).to.deep.equal([
      { type: 'Warning', reason: 'Invalid', message: 'what is wrong' },
    ]);
    expect(told([pending], [condition('Programmed', 'False', 'GatewayFailed')])).to.deep.equal([
      'Warning GatewayFailed',
    ]);
  });

  it('tell that something is enforced, each time that it becomes so', () => {
    expect(told([pending], [programmed])).to.deep.equal(['Normal Programmed']);
    expect(told(undefined, [programmed])).to.deep.equal(['Normal Programmed']);
  });

  it('tell of a recovery only after a warning', () => {
    expect(told([invalid], [accepted])).to.deep.equal(['Normal Accepted']);
    expect(told([condition('Accepted', 'False', 'NoPolicy')], [accepted])).to.deep.equal([]);
  });

  it('tell nothing of Ready, which repeats the others, and a reason once', () => {
    const ready = condition('Ready', 'False', 'Conflicted');
    const conflicted = condition('Programmed', 'False', 'Conflicted');
    const overridden = condition('Overridden', 'True', 'Conflicted');
    expect(told(undefined, [ready, conflicted, overridden])).to.deep.equal(['Warning Conflicted']);
  });

  it('tell what is wrong, not what follows from it, where both have the same reason', () => {
    const cause = condition('Accepted', 'False', 'Invalid', 'what is wrong');
    const consequence = condition('Programmed', 'False', 'Invalid', 'no gateway runs it');
    expect(changes([], [cause, consequence])).to.deep.equal([
      { type: 'Warning', reason: 'Invalid', message: 'what is wrong' },
    ]);
  });

  it('take a reason of an earlier release for none', () => {
    expect(told([condition('Accepted', 'False', 'toString')], [accepted])).to.deep.equal([]);
    expect(told(undefined, [condition('Accepted', 'False', 'NoLongerKnown')])).to.deep.equal([]);
  });
});
