import { expect } from 'chai';
import fc from 'fast-check';
import {
  dateOf,
  dayOf,
  dayOfEvent,
  dayOfId,
  daysToKeepReady,
  isLate,
  partitionOf,
} from '../../../../operator/store/postgres/days.ts';

const NOW = Date.parse('2028-02-29T23:55:00Z');
const dateOfEvent = (ts: string): string => dateOf(dayOfEvent(Date.parse(ts), NOW));

describe('days of events', () => {
  it('is the day of the event in UTC, whatever its time zone', () => {
    expect(dateOfEvent('2028-02-29T00:00:00Z')).to.equal('2028-02-29');
    expect(dateOfEvent('2028-02-28T23:59:59.999Z')).to.equal('2028-02-28');
    expect(dateOfEvent('2028-02-29T18:00:00-06:00')).to.equal('2028-03-01');
  });

  it('is the day of receipt where a clock is years ahead or behind', () => {
    for (const ts of ['2038-02-28T00:00:00Z', '2018-02-28T00:00:00Z', '1970-01-01T00:00:00Z'])
      expect(dateOfEvent(ts)).to.equal('2028-02-29');
    expect(dateOfEvent('2028-03-01T00:04:59Z')).to.equal('2028-03-01');
    expect(dateOfEvent('2028-03-01T00:05:01Z')).to.equal('2028-02-29');
    expect(dateOfEvent('2027-02-01T00:00:00Z')).to.equal('2027-02-01');
  });

  it('makes no day outside of a window, whatever a clock says', () => {
    fc.assert(
      fc.property(fc.integer({ min: -8.64e15, max: 8.64e15 }), (ts) => {
        const day = dayOfEvent(ts, NOW);
        expect(day).to.be.within(dayOf(NOW) - 400, dayOf(NOW) + 1);
      }),
    );
  });

  it('names days that come after each other, over a leap day and the end of a year', () => {
    expect(daysToKeepReady(NOW).map(dateOf)).to.deep.equal([
      ...['2028-02-28', '2028-02-29', '2028-03-01', '2028-03-02', '2028-03-03'],
    ]);
    expect(partitionOf(dayOf(Date.parse('2027-12-31T23:59:59Z')) + 1)).to.equal('events_20280101');
  });

  it('calls late what lists may already take as complete', () => {
    expect([-2, -1, 0, 1].map((days) => isLate(dayOf(NOW) + days, NOW))).to.deep.equal([
      true,
      false,
      false,
      false,
    ]);
  });

  it('reads the day from the id of an event', () => {
    expect(dateOf(dayOfId('evt_01ARZ3NDEKTSV4RRFFQ69G5FAV')!)).to.equal('2016-07-30');
    for (const other of ['evt_s1_0', '01ARZ3NDEKTSV4RRFFQ69G5FAV', 'evt_81ARZ3NDEKTSV4RRFFQ69G5FAV', ''])
      expect(dayOfId(other)).to.equal(null);
  });

  it('writes a day out of the range of dates as the first or last', () => {
    expect([-1, 1e9].map(dateOf)).to.deep.equal(['1970-01-01', '9999-12-31']);
  });
});
