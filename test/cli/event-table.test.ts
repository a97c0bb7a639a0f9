import { expect } from 'chai';
import { type EventRecord, eventRow } from '../../cli/event-table.ts';

const shown = (event: Partial<EventRecord>): string =>
  eventRow({ id: 'evt_1', ts: '2026-11-24T12:00:00.123Z', ...event })[2]!;

describe('a row of the event table', () => {
  it('shows the verdict, with what was withheld in brackets', () => {
    expect(shown({ verdict: 'block' })).to.equal('block');
    expect(shown({ verdict: 'allow', would_verdict: 'redact' })).to.equal('allow (redact)');
  });

  it('shows that there is no verdict where a request failed before it got one', () => {
    const error = { code: 'invalid_json', message: '…' };
    expect(shown({ verdict: null, error })).to.equal('error');
    expect(shown({ verdict: null, error, would_verdict: 'block' })).to.equal('error (block)');
    expect(shown({ verdict: 'redact', error })).to.equal('redact');
    expect(shown({ verdict: null })).to.equal('-');
  });

  it('tells the code of a failure as its reason, and of a block why it was blocked', () => {
    const reasonOf = (event: Partial<EventRecord>): string =>
      eventRow({ id: 'evt_1', ts: '2026-11-24T12:00:00Z', ...event })[3]!;
    const error = { code: 'upstream_unavailable' };
    expect(reasonOf({ verdict: 'allow', reason: 'all_policies_passed', error })).to.equal(error.code);
    expect(reasonOf({ verdict: 'redact', reason: 'pii.ssn', error })).to.equal(error.code);
    expect(reasonOf({ verdict: 'block', reason: 'dlp.term', error: { code: 'input_blocked' } })).to.equal(
      'dlp.term',
    );
    expect(reasonOf({ verdict: 'redact', reason: 'pii.ssn', error: null })).to.equal('pii.ssn');
    expect(reasonOf({ verdict: null })).to.equal('-');
  });

  it('has a dash for each figure that an interrupted request has not', () => {
    const row = eventRow({
      id: 'evt_1',
      ts: '2026-11-24T12:00:00Z',
      status: null,
      latency_ms: null,
      cost: null,
    });
    expect(row.slice(5)).to.deep.equal(['-', '-', '-', '-']);
  });
});
