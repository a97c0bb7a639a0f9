import { Readable } from 'node:stream';
import { expect } from 'chai';
import { type Call, Calls } from '../../../operator/kube/calls.ts';
import type { KubeRequest, KubeResponse } from '../../../operator/kube/config.ts';
import type { KubeError } from '../../../operator/kube/errors.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';

const GET: Call = {
  verb: 'get',
  kind: 'ConfigMap',
  subject: 'ConfigMap/team-a/x',
  method: 'GET',
  path: '/x',
  idempotent: true,
};
const CREATE: Call = { ...GET, verb: 'create', method: 'POST', idempotent: false };

function answer(statusCode: number, body: unknown = {}, headers: Record<string, string> = {}): KubeResponse {
  const text = JSON.stringify(body);
  return {
    statusCode,
    headers,
    body: Object.assign(Readable.from([text]), { text: async () => text }) as unknown as KubeResponse['body'],
  };
}

const RESET = Object.assign(new Error('read'), { code: 'ECONNRESET' });

/** What `send` does at each try; the last one goes on. */
function setting(...steps: ((request: KubeRequest) => Promise<KubeResponse> | KubeResponse)[]) {
  const clock = new FakeClock();
  const sent: number[] = [];
  const codes: number[] = [];
  let renewed = 0;
  const calls = new Calls(
    {
      send: async (request) => {
        sent.push(clock.monotonic());
        return (steps.length > 1 ? steps.shift()! : steps[0]!)(request);
      },
      renew: () => renewed++,
    },
    {
      clock,
      random: () => 1,
      metrics: {
        requested: (_verb, _kind, code) => codes.push(code),
      },
    },
  );
  return { clock, calls, sent, codes, renewals: () => renewed };
}

/** Never answers; ends with its signal, as undici does. */
const hang = ({ signal }: KubeRequest): Promise<KubeResponse> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

const throwing = (error: unknown) => (): never => {
  throw error;
};

const failureOf = (work: Promise<unknown>): Promise<KubeError> =>
  work.then(
    () => expect.fail('it succeeded'),
    (error: KubeError) => error,
  );

describe('calls to an API server', () => {
  it('give the answer, and count it', async () => {
    const { calls, codes } = setting(() => answer(200, { a: 1 }));
    expect(await calls.send(GET, {})).to.deep.equal({ a: 1 });
    expect(codes).to.deep.equal([200]);
  });

  it('that were throttled are sent again after the time that the server asks for', async () => {
    const { calls, clock, sent, codes } = setting(
      () => answer(429, {}, { 'retry-after': '2' }),
      () => answer(201, {}),
    );
    const done = calls.send(CREATE, {});
    await clock.advance(1999);
    expect(sent).to.deep.equal([0]);
    await clock.advance(1);
    await done;
    expect(sent).to.deep.equal([0, 2000]);
    expect(codes).to.deep.equal([429, 201]);
  });

  it('honour a date as well', async () => {
    const { calls, clock, sent } = setting(
      () => answer(503, {}, { 'retry-after': new Date(clock.now() + 3000).toUTCString() }),
      () => answer(200),
    );
    const done = calls.send(GET, {});
    await clock.advance(3000);
    await done;
    expect(sent).to.deep.equal([0, 3000]);
  });

  it('leave a long wait to the caller, and tell it', async () => {
    const { calls, sent } = setting(() => answer(429, {}, { 'retry-after': '60' }));
    const error = await failureOf(calls.send(GET, {}));
    expect(error).to.include({ status: 429, retryAfterMs: 60_000, reason: 'Unavailable' });
    expect(sent).to.have.length(1);
  });

  it('give up after three tries', async () => {
    const { calls, clock, sent } = setting(() => answer(503));
    const failed = failureOf(calls.send(GET, {}));
    await clock.advance(10_000);
    expect((await failed).status).to.equal(503);
    expect(sent).to.have.length(3);
  });

  it('are sent again after a broken connection only where doing it twice is doing it once', async () => {
    const get = setting(throwing(RESET), () => answer(200));
    const done = get.calls.send(GET, {});
    await get.clock.advance(5000);
    await done;
    expect(get.sent).to.have.length(2);
    const create = setting(throwing(RESET));
    const error = await failureOf(create.calls.send(CREATE, {}));
    expect(error).to.include({ status: 0, reason: 'Unavailable' });
    expect(create.sent).to.have.length(1);
  });

  for (const code of [400, 403, 404, 409, 410, 422, 500]) {
    it(`are not sent again after ${code}`, async () => {
      const { calls, sent } = setting(() => answer(code));
      expect((await failureOf(calls.send(GET, {}))).status).to.equal(code);
      expect(sent).to.have.length(1);
    });
  }

  it('that hang end by their time-out, and the idle connections are given up', async () => {
    const { calls, clock, codes, renewals } = setting(hang, () => answer(200));
    const done = calls.send(GET, {});
    await clock.advance(10_000);
    expect(codes).to.deep.equal([0]);
    expect(renewals()).to.equal(1);
    await clock.advance(2000);
    await done;
    expect(clock.pending).to.equal(0);
  });

  it('that hang in the midst of the answer end by their time-out', async () => {
    const body = {
      text: () => new Promise((_, reject) => setImmediate(() => reject(new Error('aborted')))),
    } as unknown as KubeResponse['body'];
    const { calls, clock } = setting(() => ({ ...answer(200), body }));
    const failed = failureOf(calls.send(CREATE, {}));
    await clock.advance(0);
    expect((await failed).message).to.equal(
      'create ConfigMap/team-a/x: no answer from the API server: aborted',
    );
  });

  it('say for how long nothing came', async () => {
    const { calls, clock } = setting(hang);
    const failed = failureOf(calls.send(CREATE, { timeoutMs: 2000 }));
    await clock.advance(2000);
    expect((await failed).message).to.include('nothing within 2 s');
  });

  it('end with the reason of the caller’s signal, while they run and while they wait', async () => {
    for (const step of [hang, () => answer(429, {}, { 'retry-after': '5' })]) {
      const { calls, clock } = setting(step);
      const stop = new AbortController();
      const failed = failureOf(calls.send(GET, { signal: stop.signal }));
      await settle();
      stop.abort(new Error('enough'));
      expect((await failed).message).to.equal('enough');
      expect(clock.pending).to.equal(0);
    }
  });

  it('are at most ten at once, and a failure gives its place back', async () => {
    const open: (() => void)[] = [];
    const { calls, sent } = setting(
      () => new Promise((resolve) => open.push(() => resolve(answer(open.length % 2 ? 200 : 404)))),
    );
    const all = Array.from({ length: 35 }, () => calls.send(GET, {}).catch(() => {}));
    await settle();
    for (let wave = 1; wave <= 4; wave++) {
      expect(sent).to.have.length(Math.min(35, wave * 10));
      for (const finish of open.splice(0)) finish();
      await settle();
    }
    await Promise.all(all);
  });

  it('quote nothing of an answer that cannot be read', async () => {
    const body = { text: async () => '{"token":"s3cret"' } as unknown as KubeResponse['body'];
    const { calls } = setting(() => ({ ...answer(200), body }));
    const error = await failureOf(calls.send(CREATE, {}));
    expect(error.message).to.include('an answer that is no JSON').and.not.include('s3cret');
  });

  it('that stream have a time-out for their beginning alone', async () => {
    const { calls, clock } = setting(() => answer(200));
    await calls.open(GET, new AbortController().signal);
    expect(clock.pending).to.equal(0);
    const hung = setting(hang);
    const failed = failureOf(hung.calls.open(GET, new AbortController().signal));
    await hung.clock.advance(15_000);
    expect((await failed).status).to.equal(0);
    expect(hung.renewals()).to.equal(1);
  });
});
