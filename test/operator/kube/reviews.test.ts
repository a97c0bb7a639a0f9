import { Readable } from 'node:stream';
import { expect } from 'chai';
import type { KubeRequest, KubeResponse } from '../../../operator/kube/config.ts';
import { KubeError } from '../../../operator/kube/errors.ts';
import { ReviewClient } from '../../../operator/kube/reviews.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';
import { noKubeMetrics } from '../../fakes/no-kube-metrics.ts';

const SECRET = 'a-token-that-nobody-may-read';
const ALICE = { username: 'alice', uid: '1', groups: ['team-a'], extra: { scopes: ['all'] } };

interface Answer {
  code?: number;
  body?: unknown;
}

describe('reviews by the API server', () => {
  let clock: FakeClock;
  let sent: { path: string; body: Record<string, unknown> }[];
  let answers: (Answer | 'nothing')[];
  let reviews: ReviewClient;

  beforeEach(() => {
    clock = new FakeClock();
    [sent, answers] = [[], []];
    reviews = new ReviewClient(
      { send, renew: () => {} },
      { clock, random: () => 0.5, metrics: noKubeMetrics },
    );
  });

  async function send({ path, body, method, headers, signal }: KubeRequest): Promise<KubeResponse> {
    expect([method, headers]).to.deep.equal(['POST', { 'content-type': 'application/json' }]);
    sent.push({ path, body: JSON.parse(body!) });
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (answer === 'nothing')
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const text = JSON.stringify(answer.body ?? {});
    return {
      statusCode: answer.code ?? 201,
      headers: {},
      body: Object.assign(Readable.from([text]), {
        text: async () => text,
      }) as unknown as KubeResponse['body'],
    };
  }
  const says = (status: object): void => {
    answers = [{ body: { status } }];
  };
  const user = { username: 'alice', uid: '1', groups: ['team-a'], extra: { scopes: ['all'] } };
  async function failure(call: Promise<unknown>): Promise<KubeError> {
    const error = await call.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(KubeError);
    expect(String((error as Error).stack)).to.not.contain(SECRET);
    return error as KubeError;
  }

  it('of a token ask for audiences, and give the user as the server names it', async () => {
    says({ authenticated: true, user, audiences: ['keeptrusts'] });
    expect(await reviews.token(SECRET, ['keeptrusts'])).to.deep.equal({
      user: ALICE,
      audiences: ['keeptrusts'],
    });
    expect(sent).to.deep.equal([
      {
        path: '/apis/authentication.k8s.io/v1/tokenreviews',
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token: SECRET, audiences: ['keeptrusts'] },
        },
      },
    ]);
    await reviews.token(SECRET);
    expect(sent[1]!.body['spec']).to.deep.equal({ token: SECRET });
  });

  it('of a token give nobody only where the server says so', async () => {
    says({ authenticated: false, error: `[invalid bearer token, ${SECRET}]` });
    expect(await reviews.token(SECRET)).to.equal(null);
    says({ error: 'x', user: {} });
    expect(await reviews.token(SECRET)).to.equal(null);
    says({ authenticated: true, user: {} });
    expect(await failure(reviews.token(SECRET))).to.include({ status: 200 });
    answers = [{ body: { kind: 'TokenReview' } }];
    expect(await failure(reviews.token(SECRET))).to.include({ status: 200 });
  });

  it('take what a user lacks as empty, and never as what it is not', async () => {
    says({ authenticated: true, user: { username: 'bob', groups: 'admins', extra: { a: 'b' } } });
    expect(await reviews.token(SECRET)).to.deep.equal({
      user: { username: 'bob', uid: '', groups: [], extra: { a: [] } },
      audiences: [],
    });
  });

  it('of rights ask about the user with groups, uid and extra', async () => {
    says({ allowed: true });
    const access = { verb: 'list', group: 'g', resource: 'events', namespace: 'team-a' };
    expect(await reviews.access(ALICE, access)).to.equal(true);
    expect(sent[0]).to.deep.equal({
      path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: {
          user: 'alice',
          uid: '1',
          groups: ['team-a'],
          extra: { scopes: ['all'] },
          resourceAttributes: access,
        },
      },
    });
    says({ allowed: false, reason: 'no' });
    expect(await reviews.access(ALICE, access)).to.equal(false);
    await reviews.access(ALICE, { ...access, namespace: undefined });
    expect(sent[2]!.body).to.not.have.nested.property('spec.resourceAttributes.namespace');
  });

  it('of rights are no answer where an authorizer failed that might have allowed it', async () => {
    const access = { verb: 'list', group: 'g', resource: 'events' };
    says({ allowed: false, evaluationError: 'the webhook is away' });
    expect((await failure(reviews.access(ALICE, access))).message).to.equal(
      'create SubjectAccessReview: the answer cannot be used: an authorizer of the cluster failed',
    );
    says({ allowed: false, denied: true, evaluationError: 'another one is away' });
    expect(await reviews.access(ALICE, access)).to.equal(false);
    says({ allowed: true, evaluationError: 'another one is away' });
    expect(await reviews.access(ALICE, access)).to.equal(true);
  });

  for (const code of [429, 503])
    it(`are asked for again after a ${code}, three times in all`, async () => {
      answers = [{ code }, { body: { status: { authenticated: true, user } } }];
      const waiting = reviews.token(SECRET);
      await clock.advance(5000);
      expect(await waiting).to.have.nested.property('user.username', 'alice');
      expect(sent).to.have.length(2);
      answers = [{ code }];
      const failing = failure(reviews.token(SECRET));
      await clock.advance(10_000);
      expect(await failing).to.include({ status: code });
      expect(sent).to.have.length(5);
    });

  it('fail after 2.5 s for each of three tries where nothing answers', async () => {
    answers = ['nothing'];
    const failing = failure(reviews.token(SECRET));
    await settle();
    await clock.advance(12_000);
    expect((await failing).message).to.contain('nothing within 2.5 s');
    expect(sent).to.have.length(3);
  });

  it('say in an error neither the token nor headers, whatever the server quotes', async () => {
    const message = `spec.token: Invalid value: "${SECRET}"`;
    answers = [{ code: 422, body: { reason: 'Invalid', message } }];
    expect(await failure(reviews.token(SECRET))).to.include({
      status: 422,
      message: 'create TokenReview: HTTP 422',
    });
    answers = [{ code: 403, body: { reason: 'Forbidden', message: 'tokenreviews is forbidden' } }];
    expect((await failure(reviews.token(SECRET))).message).to.equal(
      'create TokenReview: tokenreviews is forbidden',
    );
  });
});
