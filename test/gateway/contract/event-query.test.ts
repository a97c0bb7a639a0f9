import { expect } from 'chai';
import {
  EventQueryError,
  eventListBody,
  type FilterableEvent,
  makeCursor,
  matchesFilter,
  parseEventQuery,
} from '../../../gateway/contract/event-query.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const parse = (query: string) => parseEventQuery(new URLSearchParams(query), NOW);

describe('event query', () => {
  it('reads relative and absolute times', () => {
    expect(parse('since=24h').filter.since).to.equal(NOW - 86_400_000);
    expect(parse('since=5m&until=30s').filter).to.deep.equal({ since: NOW - 300_000, until: NOW - 30_000 });
    expect(parse('since=2026-11-01T00:00:00Z').filter.since).to.equal(Date.parse('2026-11-01T00:00:00Z'));
    expect(parse('since=2026-11-01').filter.since).to.equal(Date.parse('2026-11-01'));
  });

  it('takes verdict as another word for decision, and several of them', () => {
    expect(parse('decision=block,redact').filter.decision).to.deep.equal(['block', 'redact']);
    expect(parse('verdict=block').filter.decision).to.deep.equal(['block']);
  });

  for (const [query, parameter] of [
    ['since=yesterday', 'since'],
    ['since=', 'since'],
    ['decision=denied', 'decision'],
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['limit=1.5', 'limit'],
    ['count=yes', 'count'],
    ['order=up', 'order'],
    ['cursor=zzz', 'cursor'],
    ['modle=gpt-4o', 'modle'],
    ['model=a&model=b', 'model'],
  ] as const) {
    it(`refuses ${query} and names the parameter`, () => {
      expect(() => parse(query))
        .to.throw(EventQueryError)
        .with.property('parameter', parameter);
    });
  }

  it('goes on from its own cursor, also when the relative time has moved', () => {
    const first = parse('since=5m&model=gpt-4o');
    const cursor = makeCursor(42, first.filter, first.order);
    expect(
      parseEventQuery(new URLSearchParams(`since=5m&model=gpt-4o&cursor=${cursor}`), NOW + 1000).position,
    ).to.equal(42);
  });

  it('refuses a cursor of another filter, another order, or with one character changed', () => {
    const { filter } = parse('model=gpt-4o');
    const cursor = makeCursor(42, filter, 'newest');
    expect(() => parse(`model=other&cursor=${cursor}`)).to.throw(EventQueryError);
    expect(() => parse(`model=gpt-4o&order=oldest&cursor=${cursor}`)).to.throw(EventQueryError);
    const changed = (cursor[0] === 'A' ? 'B' : 'A') + cursor.slice(1);
    expect(() => parse(`model=gpt-4o&cursor=${changed}`)).to.throw(EventQueryError);
  });

  it('filters by every field', () => {
    const event: FilterableEvent = {
      ts: NOW,
      verdict: 'block',
      provider: 'openai',
      model: 'gpt-4o',
      team: null,
      namespace: 'default',
      gateway: 'default',
      policy: 'dlp',
      request_id: 'r1',
    };
    expect(matchesFilter(event, {})).to.equal(true);
    expect(
      matchesFilter(event, {
        since: NOW,
        until: NOW + 1,
        decision: ['block'],
        provider: 'openai',
        policy: 'dlp',
      }),
    ).to.equal(true);
    for (const other of [
      { since: NOW + 1 },
      { until: NOW },
      { decision: ['allow'] },
      { provider: 'mock' },
      { model: 'gpt' },
      { team: 'x' },
      { namespace: 'x' },
      { gateway: 'x' },
      { policy: 'x' },
      { request_id: 'x' },
    ]) {
      expect(matchesFilter(event, other), JSON.stringify(other)).to.equal(false);
    }
  });

  it('splices the records’ own bytes into the list', () => {
    const record = '{"cost":0.10000,"n":12345678901234567890}';
    const body = eventListBody([record, record], null, parse(''));
    expect(body).to.equal(`{"events":[${record},${record}],"next_cursor":null}`);
  });
});
