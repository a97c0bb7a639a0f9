import { expect } from 'chai';
import { type AccessRequest, notChecked } from '../../../operator/api/access.ts';
import type { Caller } from '../../../operator/api/auth.ts';
import { openApiDocument } from '../../../operator/api/openapi.ts';
import { type ApiAnswer, ApiCaller } from '../../fakes/api-caller.ts';
import { startTestApi, type TestApi } from '../../fakes/control-plane-api.ts';
import { exampleEvents } from '../../fakes/events.ts';
import { expectConforms } from './conforms.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const gateway = (namespace: string): Caller => ({
  role: 'gateway',
  namespace,
  gateway: 'default',
  instance: 'default-0',
  account: null,
});
const person = (username: string): Caller => ({
  role: 'person',
  user: { username, uid: '', groups: [], extra: {} },
});
const CALLERS: Readonly<Record<string, Caller>> = {
  'gateway-a': gateway('team-a'),
  'gateway-b': gateway('team-b'),
  alice: person('alice'),
  auditor: person('auditor'),
  nobody: person('nobody'),
};
/** `who verb resource namespace`, `*` for all namespaces. */
const RIGHTS = new Set([
  ...['get', 'list'].flatMap((verb) =>
    ['events', 'configurations'].flatMap((resource) => [
      `alice ${verb} ${resource} team-a`,
      `auditor ${verb} ${resource} *`,
    ]),
  ),
]);

describe('who may have which answer of the API', () => {
  let running: TestApi;
  let api: ApiCaller;
  let asked: string[];
  let away = false;

  before(async () => {
    running = await startTestApi(() => NOW, {
      authenticator: {
        async authenticate(token) {
          if (away) throw notChecked();
          return CALLERS[token] ?? null;
        },
      },
      authorizer: {
        async allows({ user }, { verb, resource, namespace = '*' }: AccessRequest) {
          const request = `${user!.username} ${verb} ${resource}`;
          asked.push(`${request} ${namespace}`);
          return RIGHTS.has(`${request} ${namespace}`) || RIGHTS.has(`${request} *`);
        },
      },
    });
    api = new ApiCaller(running.api.url);
    for (const [index, team] of ['team-a', 'team-b'].entries()) {
      const stream = `01JD000000000000000000000${index}`;
      const records = exampleEvents({ stream, count: 3, ts: NOW - 1000 - index * 100, namespace: team });
      const gone = await api.ship(`gateway-${team.slice(-1)}`, stream, records);
      expect(gone.status).to.equal(200);
      await running.store.archiveRevision({
        hash: `sha256:${team}`,
        number: 1,
        namespace: team,
        gateway: 'default',
        document: 'pack: {}\n',
        objects: [],
        compiledAt: NOW,
      });
      await api.report(`gateway-${team.slice(-1)}`, team, 'default', 'default-0');
      running.problems.push({
        severity: 'error',
        file: null,
        line: null,
        column: null,
        object: `GovernancePolicy ${team}/p`,
        code: 'E010',
        message: 'x',
      });
    }
    const whole = { severity: 'error', file: null, line: null, column: null, object: null } as const;
    running.problems.push({ ...whole, code: 'not_followed', message: 'of the whole cluster' });
  });
  after(async () => {
    await running.close();
    expect(running.unexpected).to.deep.equal([]);
  });
  beforeEach(() => {
    asked = [];
    away = false;
  });

  async function get(path: string, token: string): Promise<ApiAnswer> {
    const answer = await api.get(path, token);
    expectConforms('GET', path.split('?')[0]!, answer.status, answer.body);
    return answer;
  }
  const LISTS: Readonly<Record<string, string>> = {
    events: 'events',
    streams: 'events',
    'streams/01JD0000000000000000000000/lines': 'events',
    configurations: 'configurations',
    problems: 'configurations',
    instances: 'configurations',
  };

  for (const [path, resource] of Object.entries(LISTS)) {
    it(`GET /v1/${path} takes the right to list ${resource}, in the namespace that is asked for`, async () => {
      const own = await get(`/v1/${path}?namespace=team-a`, 'alice');
      expect(own.status).to.equal(200);
      expect(asked).to.deep.equal([`alice list ${resource} team-a`]);
      expect(JSON.stringify(own.body)).to.contain('team-a').and.to.not.contain('team-b');

      const other = await get(`/v1/${path}?namespace=team-b`, 'alice');
      expect(other).to.include({ status: 403, code: 'forbidden' });
      expect(other.message).to.equal(
        `alice may not list ${resource} of namespace team-b. It takes a role with the verb list on ${resource} of governance.keeptrusts.com there.`,
      );
      const all = await get(`/v1/${path}`, 'alice');
      expect(all).to.include({ status: 403, code: 'forbidden' });
      expect(all.message)
        .to.contain(`alice may not list ${resource} of all namespaces`)
        .and.to.contain('--namespace');
      expect((await get(`/v1/${path}`, 'auditor')).status).to.equal(200);
      expect(await get(`/v1/${path}?namespace=team-a`, 'gateway-a')).to.include({ status: 403 });
      expect(await get(`/v1/${path}`, 'unknown')).to.include({ status: 401, code: 'unauthenticated' });
    });

    it(`GET /v1/${path} takes neither an empty namespace nor two for all`, async () => {
      for (const query of ['namespace=', 'namespace=team-a&namespace=team-b']) {
        const answer = await get(`/v1/${path}?${query}`, 'alice');
        expect([400, 403], query).to.include(answer.status);
      }
    });
  }

  it('a list of all has what belongs to no namespace, and a list of one does not', async () => {
    const codes = async (path: string, token: string): Promise<string[]> =>
      ((await get(path, token)).body['problems'] as { code: string }[]).map(({ code }) => code);
    expect(await codes('/v1/problems', 'auditor')).to.deep.equal(['E010', 'E010', 'not_followed']);
    expect(await codes('/v1/problems?namespace=team-a', 'alice')).to.deep.equal(['E010']);
  });

  it('the stream of another team has no lines in one’s own namespace', async () => {
    const lines = (token: string): Promise<ApiAnswer> =>
      get('/v1/streams/01JD0000000000000000000001/lines?namespace=team-a', token);
    expect((await lines('alice')).body).to.deep.equal({ lines: [], next: null });
    expect((await lines('auditor')).body).to.deep.equal({ lines: [], next: null });
  });

  it('an event or a revision that one may not read is answered as one that there is not', async () => {
    const { events } = (await get('/v1/events?namespace=team-b', 'auditor')).body as {
      events: { id: string }[];
    };
    const theirs = events[0]!.id;
    for (const [path, id, none] of [
      ['/v1/events', theirs, `${theirs.slice(0, -1)}Z`],
      ['/v1/configurations', 'sha256:team-b', 'sha256:none'],
    ] as const) {
      for (const who of ['alice', 'nobody']) {
        const [hidden, absent] = [await get(`${path}/${id}`, who), await get(`${path}/${none}`, who)];
        expect(hidden).to.include({ status: 404, code: 'not_found' });
        expect(hidden.message!.replace(id, 'ID')).to.equal(absent.message!.replace(none, 'ID'));
        expect(absent.status).to.equal(404);
      }
      expect((await get(`${path}/${id}`, 'auditor')).status).to.equal(200);
      expect((await get(`${path}/${id}`, 'gateway-b')).status).to.equal(403);
    }
    const own = (await get('/v1/events?namespace=team-a', 'alice')).body as { events: { id: string }[] };
    expect((await get(`/v1/events/${own.events[0]!.id}`, 'alice')).status).to.equal(200);
  });

  const operations = Object.entries(openApiDocument['paths'] as Record<string, object>)
    .filter(([path]) => path.startsWith('/v1/'))
    .flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
    );
  for (const [method, path] of operations)
    it(`${method} ${path} is nothing for one who has no right at all`, async () => {
      const named = path.replaceAll('{namespace}', 'team-a').replaceAll(/\{\w+\}/g, 'x');
      for (const [who, statuses] of [
        ['nobody', [403, 404]],
        ['unknown', [401]],
      ] as const) {
        const answer = await fetch(running.api.url + named, {
          method,
          headers: { authorization: `Bearer ${who}`, 'content-type': 'application/json' },
          ...(method === 'GET' ? {} : { body: '{"namespace":"team-a"}' }),
        });
        expect(statuses, await answer.text()).to.include(answer.status);
      }
    });

  it('a revision that two teams run is each one’s own', async () => {
    const shared = {
      hash: 'sha256:shared',
      gateway: 'default',
      document: 'pack: {}\n',
      objects: [],
      compiledAt: NOW,
    };
    for (const [number, namespace] of ['team-0', 'team-a', 'team-b'].entries())
      await running.store.archiveRevision({ ...shared, number, namespace });
    const { status, body } = await get('/v1/configurations/sha256:shared', 'alice');
    expect(status).to.equal(200);
    expect(body).to.include({ namespace: 'team-a', number: 1 });
    expect((await get('/v1/configurations/sha256:shared', 'nobody')).status).to.equal(404);
  });

  it('503 with a time to wait is the answer where nobody can say who calls', async () => {
    away = true;
    const answer = await get('/v1/events', 'alice');
    expect(answer).to.include({ status: 503, code: 'access_not_checked' });
    expect(answer.headers.get('retry-after')).to.equal('1');
    expect(await api.ship('gateway-a', '01JD0000000000000000000009', ['{}'])).to.include({ status: 503 });
  });
});
