import { expect } from 'chai';
import { EventQueryError, parseTime } from '../../gateway/contract/event-query.ts';

/** Read as local, `since=2026-11-01 00:00` would mean another moment in each zone that a process runs in. */
describe('issue: a time without a zone', () => {
  for (const value of ['2026-11-01 00:00', '2026-11-01T00:00:00', '2026-11-01T00:00:00.5']) {
    it(`${value} is refused`, () => {
      expect(() => parseTime('since', value, 0)).to.throw(EventQueryError, '2026-11-01T00:00:00Z');
    });
  }

  for (const value of ['2026-11-01', '2026-11-01 00:00Z', '2026-11-01T02:00+02:00']) {
    it(`${value} is midnight in UTC`, () => {
      expect(parseTime('since', value, 0)).to.equal(Date.UTC(2026, 10, 1));
    });
  }
});
