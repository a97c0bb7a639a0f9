import { expect } from 'chai';
import fc from 'fast-check';
import type { CompiledEntry } from '../../gateway/config/plan.ts';
import { eventually } from '../fakes/folder.ts';
import { ask, TestGateway } from '../fakes/gateway.ts';
import { entryOf, termHook } from '../fakes/plan.ts';
import {
  chunk,
  completion,
  FakeUpstream,
  garbage,
  json,
  reset,
  type Script,
  silent,
  textStream,
} from '../fakes/upstream.ts';

/** What a provider may do, by name. */
const scripts: Record<string, Script> = {
  answer: json(200, completion('fine')),
  stream: textStream(['a', 'b', 'c', 'STOP', 'd'], 3),
  calm: textStream(['a', 'b', 'c'], 2),
  slow: async (response) => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(completion('late'));
  },
  silent,
  reset: reset(),
  broken: reset([chunk({ content: 'half' })]),
  garbage: garbage('nonsense\r\n\r\n'),
  html: (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
  e429: json(429, '{"error":{"message":"slow down"}}'),
  e500: json(500, 'oops'),
  e400: json(400, '{"error":{"message":"no"}}'),
  badFrame: async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end('data: {"choices": 7}\n\ndata: [DONE]\n\n');
  },
};

/** Entries that block, mask and throw, by what the text says. */
const entries: CompiledEntry[] = [
  entryOf({ inspectText: termHook('BLOCKME', 'block', { phase: 'input' }) }, { id: 'input' }),
  entryOf({ inspectText: termHook('STOP', 'block', { phase: 'output' }) }, { id: 'output' }),
  entryOf(
    {
      inspectText: {
        ...termHook('THROW', 'block'),
        scanner: {
          maxMatchLength: 5,
          contextLength: 0,
          scan: (text) => {
            if (text.includes('THROW')) throw new Error('on purpose');
            return text.length;
          },
        },
      },
    },
    { id: 'thrower' },
  ),
];

describe('whatever happens, one request has one event', function () {
  this.timeout(60_000);

  it('with providers that fail, callers that leave and policies that throw', async () => {
    const upstream = await FakeUpstream.start((response, seen, socket) => {
      const name = /script=(\w+)/.exec(seen.body)?.[1] ?? 'answer';
      return scripts[name]!(response, seen, socket);
    });
    const target = { provider: 'openai', base_url: upstream.url, timeouts: { total_ms: 400 } };
    const gateway = await TestGateway.start({
      targets: [
        { ...target, id: 'one' },
        { ...target, id: 'two' },
      ],
      entries,
      options: { maxConcurrency: 6 },
    });
    let serial = 0;
    const answered: string[] = [];

    const one = fc.record({
      script: fc.constantFrom(...Object.keys(scripts)),
      stream: fc.boolean(),
      text: fc.constantFrom('plain', 'BLOCKME', 'THROW', 'plain', 'plain'),
      // Half of them stay, however slow the machine is: who leaves may do so before an answer.
      leaveAfterMs: fc.option(fc.integer({ min: 0, max: 60 }), { nil: null, freq: 2 }),
      malformed: fc.constantFrom(false, false, false, true),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 4, maxLength: 10 }), async (requests) => {
        await Promise.all(
          requests.map(async ({ script, stream, text, leaveAfterMs, malformed }) => {
            serial += 1;
            const id = `request-${serial}`;
            const controller = new AbortController();
            if (leaveAfterMs !== null) setTimeout(() => controller.abort(), leaveAfterMs);
            const body = JSON.stringify(ask(`${text} id=${id} script=${script}`, { stream }));
            try {
              const answer = await gateway.chat(malformed ? body.slice(1) : body, {
                headers: { 'x-request-id': id },
                signal: controller.signal,
              });
              await answer.text();
              answered.push(id);
            } catch {
              // Left, or cut.
            }
          }),
        );
      }),
      { numRuns: 25 },
    );
    // Those whose callers left end on their own.
    let metrics = '';
    await eventually(async () => {
      metrics = await gateway.metrics();
      return (
        metrics.includes('keeptrusts_gateway_in_flight_requests 0') &&
        metrics.includes('keeptrusts_gateway_spool_open_requests 0')
      );
    }, 'the end of every request');

    const byRequest = new Map<string, number>();
    let cursor = '';
    do {
      const page = (await (await gateway.admin(`/v1/events?limit=500${cursor}`)).json()) as {
        events: { request_id: string; kind: string }[];
        next_cursor: string | null;
      };
      for (const { request_id, kind } of page.events) {
        expect(kind).to.equal('decision');
        byRequest.set(request_id, (byRequest.get(request_id) ?? 0) + 1);
      }
      cursor = page.next_cursor === null ? '' : `&cursor=${encodeURIComponent(page.next_cursor)}`;
    } while (cursor !== '');
    expect([...byRequest].filter(([, count]) => count !== 1)).to.deep.equal([]);
    expect(answered.length).to.be.greaterThan(30);
    expect(answered.filter((id) => !byRequest.has(id))).to.deep.equal([]);
    const sent = upstream.requests.map(({ body }) => /id=(request-\d+)/.exec(body)![1]!);
    expect(sent.filter((id) => !byRequest.has(id))).to.deep.equal([]);
    await gateway.close();
    await upstream.close();
  });
});
