import { connect } from 'node:net';
import { expect } from 'chai';
import { eventually } from '../fakes/folder.ts';
import { ask, TestGateway } from '../fakes/gateway.ts';
import { completion, FakeUpstream, json } from '../fakes/upstream.ts';

describe('bad input: each has its code, one event and no upstream call', () => {
  let upstream: FakeUpstream;
  let gateway: TestGateway;
  const limit = 4_096;

  before(async () => {
    upstream = await FakeUpstream.start(json(200, completion('hi')));
    gateway = await TestGateway.start({
      targets: [
        { id: 'fake', provider: 'openai', base_url: upstream.url, models: [{ name: 'gpt-4o-mini' }] },
      ],
      config: {
        limits: {
          max_body_bytes: limit,
          max_response_bytes: 1_000_000,
          on_spool_full: 'block',
          timeouts: {},
        },
      },
    });
  });
  after(async () => {
    await gateway.close();
    await upstream.close();
  });

  interface Case {
    name: string;
    body: string | ReadableStream;
    headers?: Record<string, string>;
    status: number;
    code: string;
  }
  const big = JSON.stringify(ask('x'.repeat(limit)));
  const streamed = (): ReadableStream =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(big));
        controller.close();
      },
    });
  const cases: Case[] = [
    { name: 'no JSON', body: '{"model": ', status: 400, code: 'invalid_json' },
    {
      name: 'duplicate keys',
      body: '{"model":"a","model":"b","messages":[]}',
      status: 400,
      code: 'duplicate_key',
    },
    { name: 'a wrong type', body: '{"model":7,"messages":[]}', status: 400, code: 'invalid_request' },
    {
      name: 'too deep',
      body: `${'['.repeat(2000)}${']'.repeat(2000)}`,
      status: 400,
      code: 'nesting_too_deep',
    },
    {
      name: 'an unknown model',
      body: JSON.stringify(ask('x', { model: 'nope' })),
      status: 404,
      code: 'model_not_found',
    },
    { name: 'check 93: a body over its limit, announced', body: big, status: 413, code: 'body_too_large' },
    {
      name: 'check 93: a body over its limit, chunked',
      body: streamed(),
      status: 413,
      code: 'body_too_large',
    },
    {
      name: 'an encoded body',
      body: '{}',
      headers: { 'content-encoding': 'gzip' },
      status: 415,
      code: 'unsupported_encoding',
    },
    {
      name: 'a body that is no JSON by its type',
      body: 'a=b',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      status: 415,
      code: 'unsupported_media_type',
    },
  ];

  for (const { name, body, headers, status, code } of cases) {
    it(`${name}: ${status} ${code}`, async () => {
      const before = (await gateway.events()).length;
      const init: RequestInit & { duplex?: 'half' } =
        typeof body === 'string' ? {} : { body, duplex: 'half' };
      const answer = await gateway.chat(typeof body === 'string' ? body : '', {
        ...init,
        ...(headers === undefined ? undefined : { headers }),
      });
      expect(answer.status).to.equal(status);
      const { error } = (await answer.json()) as { error: Record<string, string> };
      expect(error['code']).to.equal(code);
      expect(error['event_id']).to.equal(answer.headers.get('x-keeptrusts-event-id'));
      expect(answer.headers.get('x-keeptrusts-decision')).to.equal('error');
      expect(answer.headers.get('x-should-retry')).to.equal('false');
      const events = (await gateway.events()).slice(before);
      expect(events).to.have.length(1);
      expect(events[0]).to.include({ status, verdict: null, reason: code, id: error['event_id'] });
      expect(events[0]!.error?.code).to.equal(code);
      expect(upstream.requests).to.have.length(0);
    });
  }

  it('invalid UTF-8: 400 invalid_utf8', async () => {
    const body = Buffer.concat([
      Buffer.from('{"model":"gpt-4o-mini","messages":[{"role":"user","content":"'),
      Buffer.of(0xc3, 0x28),
      Buffer.from('"}]}'),
    ]);
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(answer.status).to.equal(400);
    expect((await gateway.lastEvent()).error?.code).to.equal('invalid_utf8');
  });

  it('a caller who leaves in the middle of his body: one event, 499', async () => {
    const before = (await gateway.events()).length;
    const socket = connect(gateway.running.trafficPort, '127.0.0.1');
    socket.write(
      'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"model"',
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    const events = (await gateway.settledEvents(before + 1)).slice(before);
    expect(events.map(({ status, verdict, reason }) => [status, verdict, reason])).to.deep.equal([
      [499, null, 'caller_gone'],
    ]);
    expect(upstream.requests).to.have.length(0);
  });

  it('a wrong path or method is refused before anybody is identified: one counted event', async () => {
    const before = (await gateway.events()).length;
    const answers = await Promise.all([
      fetch(`${gateway.url}/v1/nothing`),
      fetch(`${gateway.url}/metrics`),
      fetch(`${gateway.url}/keeptrusts/config`),
      fetch(`${gateway.url}/v1/chat/completions`),
      fetch(`${gateway.url}/v1/models`, { method: 'POST', body: '{}' }),
    ]);
    expect(answers.map(({ status }) => status)).to.deep.equal([404, 404, 404, 405, 405]);
    expect(answers[3]!.headers.get('allow')).to.equal('POST');
    // They are gathered for a second, so that a slow machine may make two events of them.
    const events = async () => (await gateway.events()).slice(before);
    const counts = async () =>
      (await events()).map(({ facts }) => facts as { count: number; by_code: object });
    const told = async (): Promise<number> => (await counts()).reduce((sum, { count }) => sum + count, 0);
    await eventually(async () => (await told()) >= 5, 'the events of the refusals');
    for (const event of await events())
      expect(event).to.include({ kind: 'refused', verdict: null, request_id: null });
    expect(answers.map(({ headers }) => headers.get('x-keeptrusts-decision'))).to.deep.equal(
      Array(5).fill('error'),
    );
    const all = (await counts()).flatMap(({ by_code }) => Object.entries(by_code) as [string, number][]);
    const of = (code: string): number =>
      all.reduce((sum, [name, count]) => sum + (name === code ? count : 0), 0);
    expect([await told(), of('not_found'), of('method_not_allowed')]).to.deep.equal([5, 3, 2]);
  });
});
