import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createKey } from '../../gateway/contract/key-format.ts';
import { eventually } from '../fakes/folder.ts';
import { ask, TestGateway } from '../fakes/gateway.ts';
import { configOf, entryOf, planOf, termHook } from '../fakes/plan.ts';
import { chunk, completion, FakeUpstream, json, type Script } from '../fakes/upstream.ts';

/** Answers when the test says so. */
function held(): { script: Script; release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    release: resolve,
    script: async (response) => {
      await promise;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(completion('late'));
    },
  };
}

describe('a gateway in operation', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });
  const keep = <T extends { close(): Promise<void> }>(one: T): T => {
    open.push(one);
    return one;
  };

  it('check 57: unready and refusing until there is a plan, then ready; alive all the time', async () => {
    const gateway = keep(await TestGateway.start({ plan: null }));
    const status = async (url: string): Promise<number> => (await fetch(url)).status;
    expect(await status(`${gateway.adminUrl}/readyz`)).to.equal(503);
    expect(await status(`${gateway.adminUrl}/healthz`)).to.equal(200);
    expect(await status(`${gateway.url}/healthz`)).to.equal(200);
    const refused = await gateway.chat(ask('x'));
    expect(refused.status).to.equal(503);
    expect(await refused.text()).to.include('not_ready');
    gateway.plans.reject('sha256:bad');
    expect(await status(`${gateway.adminUrl}/readyz`)).to.equal(503);
    gateway.plans.swap(planOf(configOf([{ id: 'mock', provider: 'mock' }])));
    expect(await status(`${gateway.adminUrl}/readyz`)).to.equal(200);
    expect((await gateway.chat(ask('x'))).status).to.equal(200);
  });

  it('check 58: the four metrics are there, with their labels', async () => {
    const target = {
      id: 'mock',
      provider: 'mock',
      models: [{ name: 'gpt-4o-mini', prices: { input: '0.15', output: '0.6' } }],
    };
    const gateway = keep(await TestGateway.start({ targets: [target, { id: 'any', provider: 'mock' }] }));
    await (await gateway.chat(ask('x'))).text();
    await (await gateway.chat(ask('x', { model: 'made-up-by-the-caller' }))).text();
    const text = await gateway.metrics();
    expect(text).to.include(
      'keeptrusts_gateway_requests_total{provider="mock",model="gpt-4o-mini",status="200"} 1',
    );
    expect(text).to.include(
      'keeptrusts_gateway_requests_total{provider="mock",model="other",status="200"} 1',
    );
    expect(text).to.match(
      /keeptrusts_gateway_request_duration_seconds_bucket\{le="[\d.]+",provider="mock"\} \d/,
    );
    expect(text).to.include('# TYPE keeptrusts_gateway_policy_evaluations_total counter');
    expect(text).to.match(/keeptrusts_gateway_tokens_total\{direction="input",model="gpt-4o-mini"\} [1-9]/);
    expect(text).to.match(/keeptrusts_gateway_revision_info\{revision="",hash="sha256:0123456789abcdef"\} 1/);
    expect(text).not.to.include('made-up');
    const event = (await gateway.events())[0]!;
    expect(event.cost_source).to.equal('target');
    expect(event.cost_nanos).to.equal(event.usage!.input * 150 + event.usage!.output * 600);
    expect(event.cost).to.equal(event.cost_nanos! / 1e9);
  });

  it('check 48: the request over --max-concurrency waits, or is refused 503 overloaded', async () => {
    const first = held();
    const upstream = keep(await FakeUpstream.start(first.script));
    const targets = [{ id: 'fake', provider: 'openai', base_url: upstream.url }];
    const gateway = keep(await TestGateway.start({ targets, options: { maxConcurrency: 16 } }));
    const running = Array.from({ length: 16 }, () => gateway.chat(ask('x')));
    while (upstream.requests.length < 16) await new Promise((resolve) => setTimeout(resolve, 5));
    const at = performance.now();
    const refused = await gateway.chat(ask('x'));
    expect(performance.now() - at).to.be.within(900, 2_000);
    expect(refused.status).to.equal(503);
    expect(refused.headers.get('retry-after')).to.equal('1');
    expect(await refused.text()).to.include('overloaded');
    const waiting = gateway.chat(ask('x'));
    setTimeout(first.release, 100);
    expect((await waiting).status).to.equal(200);
    for (const one of running) expect((await one).status).to.equal(200);
    const events = await gateway.events();
    expect(events).to.have.length(18);
    expect(events.filter(({ status }) => status === 503)).to.have.length(1);
  });

  it('keys: identified, limited to models, never forwarded; strangers are refused and counted', async () => {
    const upstream = keep(await FakeUpstream.start(json(200, completion('hi'))));
    const key = createKey(randomBytes);
    const gateway = keep(
      await TestGateway.start({
        targets: [{ id: 'fake', provider: 'openai', base_url: upstream.url, pass_through_credential: true }],
        config: {
          identity: {
            anonymous: false,
            keys: [{ id: key.id, sha256: key.sha256, team: 'search', user: 'ann', models: ['gpt-4o-mini'] }],
          },
        },
      }),
    );
    expect((await gateway.chat(ask('x'))).status).to.equal(401);
    const headers = { authorization: `Bearer ${key.value}`, 'x-api-key': 'sk-mine' };
    expect((await gateway.chat(ask('x'), { headers })).status).to.equal(200);
    expect(upstream.last.headers).to.not.have.property('authorization');
    expect(upstream.last.headers['x-api-key']).to.equal('sk-mine');
    expect(JSON.stringify(upstream.last.rawHeaders)).not.to.include(key.value);
    const other = await gateway.chat(ask('x', { model: 'gpt-5' }), { headers });
    expect(other.status).to.equal(403);
    expect(await other.text()).to.include('model_not_allowed');
    const events = await gateway.events();
    expect(events).to.have.length(2);
    expect(events[0]).to.include({ key: key.id, team: 'search' });
    expect(events[0]!.user_token).to.match(/^usr_/);
    expect(events[0]!.client_token).to.match(/^adr_/);
    expect(JSON.stringify(events))
      .to.not.include(key.value)
      .and.not.include('"ann"')
      .and.not.include('127.0.0.1');
  });

  it('the guarded paths want the token and show no secret', async () => {
    const key = createKey(randomBytes);
    const entries = [
      {
        id: 'dlp',
        kind: 'dlp-filter',
        mode: 'enforce' as const,
        settings: { blocked_terms: ['Project Falcon'], detect_patterns: ['FALCON-\\d+'], action: 'block' },
        source: { level: 'document' as const, index: 0 },
      },
    ];
    const gateway = keep(
      await TestGateway.start({
        config: { chain: entries, identity: { anonymous: true, keys: [{ id: key.id, sha256: key.sha256 }] } },
      }),
    );
    for (const path of ['/keeptrusts/config', '/v1/events', '/v1/events/evt_x']) {
      expect((await fetch(gateway.adminUrl + path)).status).to.equal(401);
      expect((await fetch(gateway.url + path)).status).to.equal(404);
    }
    const shown = await (await gateway.admin('/keeptrusts/config')).text();
    expect(shown).to.include('dlp-filter').and.include('"pack"');
    expect(shown)
      .to.not.match(/falcon/i)
      .and.not.include(key.sha256);
    await (await gateway.chat(ask('x'))).text();
    const event = await gateway.lastEvent();
    expect(await (await gateway.admin(`/v1/events/${event.id}`)).json()).to.include({ id: event.id });
    expect((await gateway.admin('/v1/events/evt_none')).status).to.equal(404);
    expect((await gateway.admin('/v1/events?limit=x')).status).to.equal(400);
    expect(await (await gateway.admin('/v1/events?count=true')).json()).to.deep.equal({ count: 1 });
  });

  it('a target that cannot be used is shown, skipped, and refused where it is the only one', async () => {
    const plan = planOf(configOf([{ id: 'gone', provider: 'openai' }]));
    const gateway = keep(
      await TestGateway.start({
        plan: {
          ...plan,
          routes: () => [
            {
              target: {
                target: plan.targets[0]!.target,
                unavailable: 'the variable OPENAI_API_KEY is not set',
              },
              model: null,
              upstreamModel: 'm',
            },
          ],
        },
      }),
    );
    const answer = await gateway.chat(ask('x'));
    expect(answer.status).to.equal(503);
    expect(await answer.text())
      .to.include('target_unavailable')
      .and.include('OPENAI_API_KEY');
  });

  it('does not start with a token key that it cannot read: every request would fail', async () => {
    const first = await TestGateway.start();
    const keys = join(first.stateDir, 'keys');
    await first.running.close();
    for (const name of readdirSync(keys)) writeFileSync(join(keys, name), '{"id":"tk","key":"AA=="}');
    const failed = await TestGateway.start({ options: { stateDir: first.stateDir } }).then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(failed).to.include('damaged');
    await first.close();
  });

  it('drains: unready at once, open answers finish, new connections are refused', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const upstream = keep(
      await FakeUpstream.start(async (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(chunk({ role: 'assistant', content: 'a' }));
        await promise;
        response.end(`${chunk({ content: 'b' }, 'stop')}data: [DONE]\n\n`);
      }),
    );
    const gateway = keep(
      await TestGateway.start({ targets: [{ id: 'fake', provider: 'openai', base_url: upstream.url }] }),
    );
    const answer = await gateway.chat(ask('x', { stream: true }));
    const closing = gateway.running.close();
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).to.equal(503);
    await eventually(
      () =>
        fetch(`${gateway.url}/healthz`, { headers: { connection: 'close' } }).then(
          () => false,
          () => true,
        ),
      'the refusal of new connections',
    );
    resolve();
    expect(await answer.text()).to.match(/\[DONE\]\n\n$/);
    await closing;
  });

  it('goes on accepting for the delay, unready and by the newest rules, and asks callers to leave', async () => {
    const gateway = keep(await TestGateway.start({ options: { drainDelayMs: 1_500 } }));
    const closing = gateway.running.close();
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).to.equal(503);
    const answer = await gateway.chat(ask('Falcon'));
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('connection')).to.equal('close');
    await answer.text();
    const blocking = entryOf({ inspectText: termHook('Falcon', 'block') });
    gateway.plans.swap(planOf(configOf([{ id: 'mock', provider: 'mock' }]), [blocking]));
    expect((await gateway.chat(ask('Falcon'))).status).to.equal(403);
    await closing;
    const late = await gateway.chat(ask('x')).then(
      () => 'answered',
      () => 'refused',
    );
    expect(late).to.equal('refused');
  });

  it('what does not end within the grace is ended properly, each with its event', async () => {
    const upstream = keep(
      await FakeUpstream.start(
        () => undefined,
        async (response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.write(chunk({ role: 'assistant', content: 'a' }));
        },
      ),
    );
    const gateway = keep(
      await TestGateway.start({
        targets: [{ id: 'fake', provider: 'openai', base_url: upstream.url }],
        options: { drainMs: 200 },
      }),
    );
    const whole = gateway.chat(ask('x'));
    while (upstream.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const stream = await gateway.chat(ask('x', { stream: true }));
    const at = performance.now();
    await gateway.running.close();
    expect(performance.now() - at).to.be.lessThan(2_000);
    expect((await whole).status).to.equal(503);
    expect(await stream.text())
      .to.include('"code":"not_ready"')
      .and.not.include('[DONE]');
    const spool = join(gateway.stateDir, 'spool');
    const lines = readdirSync(spool)
      .filter((name) => name !== 'lock')
      .map((name) => readFileSync(join(spool, name), 'utf8'))
      .join('');
    expect(lines.match(/"kind":"decision"/g)).to.have.length(2);
  });
});
