import { expect } from 'chai';
import { EventQueryError } from '../../../gateway/contract/event-query.ts';
import { answerEvents, findEvent } from '../../../gateway/events/query.ts';
import type { Spool } from '../../../gateway/events/spool.ts';
import { decision, spoolAt, tempFolder } from './fixtures.ts';

const NOON = Date.UTC(2026, 10, 24, 12);
const MINUTE = 60_000;

describe('events query of a lone gateway', () => {
  let folder: ReturnType<typeof tempFolder>;
  let spool: Spool;
  /** 120 events, one a minute up to noon, over several segments and one restart. */
  before(async () => {
    folder = tempFolder();
    let now = NOON - 120 * MINUTE;
    const open = (): Spool => spoolAt(folder.dir, { clock: () => now, limits: { segmentBytes: 24 * 1024 } });
    spool = open();
    for (let index = 0; index < 120; index += 1) {
      now = NOON - (120 - index) * MINUTE;
      await spool.end(
        decision({
          ts: new Date(now).toISOString(),
          request_id: `req-${index}`,
          verdict: index % 10 === 0 ? 'block' : index % 4 === 0 ? 'redact' : 'allow',
          policy: index % 10 === 0 ? 'secrets' : null,
          provider: index % 2 === 0 ? 'openai' : 'mock',
          team: index % 3 === 0 ? 'payments' : null,
          model: index % 5 === 0 ? 'gpt-4o' : 'echo',
        }),
      );
      if (index === 70) {
        await spool.close();
        spool = open();
      }
    }
  });
  after(async () => {
    await spool.close();
    folder.remove();
  });

  interface Page {
    events: { request_id: string; id: string }[];
    next_cursor: string | null;
    count?: number;
  }
  const ask = async (query: string): Promise<Page> =>
    JSON.parse(await answerEvents(spool, new URLSearchParams(query), NOON));
  const ids = (page: Page): number[] => page.events.map((event) => Number(event.request_id.slice(4)));
  const down = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from - at);

  it('lists newest first, page by page, each event once, and no record of the spool itself', async () => {
    expect(spool.stats.segments).to.be.greaterThan(4);
    const seen: number[] = [];
    let cursor = '';
    for (let page = 0; page < 20; page += 1) {
      const answer = await ask(`limit=17${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...ids(answer));
      if (answer.next_cursor === null) break;
      cursor = answer.next_cursor;
    }
    expect(seen).to.deep.equal(down(119, 120));
  });

  it('counts', async () => {
    expect(await ask('count=true')).to.deep.equal({ count: 120 });
    expect(await ask('count=true&decision=block')).to.deep.equal({ count: 12 });
    expect(await ask('count=true&since=1h')).to.deep.equal({ count: 60 });
  });

  it('filters by every field that the API names, alone and together', async () => {
    const numbers = Array.from({ length: 120 }, (_, index) => index);
    const cases: [string, (index: number) => boolean][] = [
      ['decision=block', (index) => index % 10 === 0],
      ['decision=block,redact', (index) => index % 10 === 0 || index % 4 === 0],
      ['provider=openai', (index) => index % 2 === 0],
      ['model=gpt-4o', (index) => index % 5 === 0],
      ['team=payments', (index) => index % 3 === 0],
      ['policy=secrets', (index) => index % 10 === 0],
      ['request_id=req-7', (index) => index === 7],
      ['namespace=shop', () => true],
      ['namespace=other', () => false],
      ['gateway=default', () => true],
      ['since=5m', (index) => index >= 115],
      ['since=1h', (index) => index >= 60],
      ['since=7d', () => true],
      ['since=2026-11-24T11:00:00Z&until=2026-11-24T11:30:00Z', (index) => index >= 60 && index < 90],
      ['until=2026-11-24T10:10:00Z', (index) => index < 10],
      ['provider=openai&team=payments&since=1h', (index) => index % 6 === 0 && index >= 60],
    ];
    for (const [query, matches] of cases) {
      const expected = numbers.filter(matches);
      expect(ids(await ask(`${query}&limit=500`)), query).to.deep.equal(expected.toReversed());
      expect((await ask(`${query}&count=true`)).count, `count of ${query}`).to.equal(expected.length);
    }
  });

  it('follows: oldest first, and the cursor goes on where new events come', async () => {
    const first = await ask('order=oldest&limit=100');
    expect(ids(first)[0]).to.equal(0);
    const second = await ask(`order=oldest&limit=100&cursor=${first.next_cursor}`);
    expect(ids(second)).to.deep.equal(down(119, 20).toReversed());
    const third = await ask(`order=oldest&cursor=${second.next_cursor}`);
    expect(third.events).to.deep.equal([]);
    await spool.end(decision({ request_id: 'req-500', ts: new Date(NOON - 1).toISOString() }));
    const fourth = await ask(`order=oldest&cursor=${third.next_cursor}`);
    expect(ids(fourth)).to.deep.equal([500]);
  });

  it('finds one by id, as the very bytes', async () => {
    const [event] = (await ask('request_id=req-33')).events;
    const text = await findEvent(spool, event!.id);
    expect(JSON.parse(text!)).to.deep.equal(event);
    expect(await findEvent(spool, 'evt_00000000000000000000000000')).to.equal(null);
  });

  it('refuses what it cannot read, by name', async () => {
    const { next_cursor: cursor } = await ask('limit=3');
    const bad = ['since=yesterday', 'decision=maybe', 'limit=0', 'limit=501', 'wrong=1', 'count=maybe'];
    bad.push(`cursor=${cursor}x`, `cursor=${cursor}&team=payments`, 'since=1h&since=2h', 'order=up');
    for (const query of bad) {
      const error = await ask(query).then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error, query).to.be.instanceOf(EventQueryError);
    }
  });

  it('finds no request by a verdict that it did not get', async () => {
    const counted = async (query: string) => (await ask(`count=true${query}`)).count!;
    const any = '&decision=allow,block,redact,escalate';
    const [all, decided] = [await counted(''), await counted(any)];
    await spool.end(decision({ kind: 'refused', status: 401, verdict: null, request_id: null }));
    await spool.end(decision({ status: 400, verdict: null, request_id: 'req-600' }));
    expect(await counted('')).to.equal(all + 2);
    expect(await counted(any)).to.equal(decided);
    expect(await counted('&request_id=req-600')).to.equal(1);
    expect(await counted('&request_id=null')).to.equal(0);
  });
});
