import { expect } from 'chai';
import { notChecked } from '../../../operator/api/access.ts';
import { ApiError } from '../../../operator/api/errors.ts';
import { ClusterAuthenticator, type Identity } from '../../../operator/cluster/authenticator.ts';
import { ReviewCache } from '../../../operator/cluster/review-cache.ts';
import type { ReviewedToken } from '../../../operator/kube/reviews.ts';
import { TOKEN_AUDIENCE } from '../../../operator/render/names.ts';
import { FakeClock } from '../../fakes/clock.ts';

const POD = 'authentication.kubernetes.io/pod-name';

const account = (namespace: string, name: string, extra: Record<string, string[]> = {}) => ({
  username: `system:serviceaccount:${namespace}:${name}`,
  uid: `uid-of-${name}`,
  groups: ['system:serviceaccounts', 'system:authenticated'],
  extra,
});
const edge = account('team-a', 'keeptrusts-edge', { [POD]: ['keeptrusts-edge-5d9c-x7'] });
const alice = { username: 'alice', uid: '', groups: ['team-a'], extra: {} };

/** A JWT that ends at a time in ms; nobody verifies it here. */
const jwt = (endsAt: number): string =>
  `h.${Buffer.from(JSON.stringify({ exp: endsAt / 1000 })).toString('base64url')}.s`;

describe('tokens of a cluster', () => {
  let clock: FakeClock;
  let known: Map<string, { audience: string; token: ReviewedToken }>;
  let asked: string[];
  let ours: Map<string, string>;
  let synced: boolean;
  let away: boolean;
  let authenticator: ClusterAuthenticator;

  beforeEach(() => {
    clock = new FakeClock();
    [known, asked, synced, away] = [new Map(), [], true, false];
    ours = new Map([['team-a/keeptrusts-edge/uid-of-keeptrusts-edge', 'edge']]);
    authenticator = new ClusterAuthenticator({
      clock,
      cache: new ReviewCache<Identity | null>(
        { maxHeld: 10, maxPassing: 10, maxAsking: 10 },
        { clock, isAway: () => true, onAway: () => {} },
      ),
      reviews: {
        async token(token, [audience] = ['api']) {
          asked.push(`${audience} ${token}`);
          if (away) throw new Error('no answer');
          const found = known.get(token);
          return found !== undefined && found.audience === audience ? found.token : null;
        },
      },
      gatewayOf(namespace, name, uid) {
        if (!synced) throw notChecked();
        return ours.get(`${namespace}/${name}/${uid}`) ?? null;
      },
    });
  });

  const forUs = (token: string, user: ReviewedToken['user']): unknown =>
    known.set(token, { audience: TOKEN_AUDIENCE, token: { user, audiences: [TOKEN_AUDIENCE] } });
  const forTheServer = (token: string, user: ReviewedToken['user']): unknown =>
    known.set(token, { audience: 'api', token: { user, audiences: ['https://kubernetes.default.svc'] } });
  const gateway = {
    role: 'gateway',
    namespace: 'team-a',
    gateway: 'edge',
    instance: 'keeptrusts-edge-5d9c-x7',
    account: 'uid-of-keeptrusts-edge',
  };

  it('make the pod of a gateway that gateway, for that pod', async () => {
    forUs('t', edge);
    expect(await authenticator.authenticate('t')).to.deep.equal(gateway);
  });

  const others: [string, () => void, string][] = [
    ['whose token is for the API server', () => forTheServer('t', edge), edge.username],
    ['whose token is bound to no pod', () => forUs('t', { ...edge, extra: {} }), edge.username],
    ['of which the operator made no account', () => void [ours.clear(), forUs('t', edge)], edge.username],
    [
      'whose account is another one of that name',
      () => forUs('t', { ...edge, uid: 'uid-of-another' }),
      edge.username,
    ],
    [
      'of another namespace',
      () => forUs('t', account('team-b', 'keeptrusts-edge', edge.extra)),
      'system:serviceaccount:team-b:keeptrusts-edge',
    ],
    [
      'that only is a user with such a name',
      () => forUs('t', { ...edge, username: 'oidc:system:serviceaccount:team-a:keeptrusts-edge' }),
      'oidc:system:serviceaccount:team-a:keeptrusts-edge',
    ],
    [
      'of a server that knows no audiences',
      () => known.set('t', { audience: TOKEN_AUDIENCE, token: { user: edge, audiences: [] } }),
      edge.username,
    ],
  ];
  for (const [what, prepare, username] of others)
    it(`do not make a gateway of one ${what}: RBAC says what it may do`, async () => {
      prepare();
      const caller = await authenticator.authenticate('t');
      expect(caller).to.have.nested.property('user.username', username);
      expect(caller).to.have.property('role', 'person');
    });

  it('are asked for our audience first, and then for the API server’s, for people', async () => {
    forTheServer('t', alice);
    expect(await authenticator.authenticate('t')).to.deep.equal({ role: 'person', user: alice });
    expect(asked).to.deep.equal([`${TOKEN_AUDIENCE} t`, 'api t']);
  });

  it('are taken for a minute, and for no longer than they say themselves', async () => {
    const token = jwt(clock.now() + 20_000);
    forUs(token, alice);
    await authenticator.authenticate(token);
    known.clear();
    await clock.advance(19_999);
    expect(await authenticator.authenticate(token)).to.have.property('role', 'person');
    await clock.advance(1);
    expect(await authenticator.authenticate(token)).to.equal(null);
  });

  it('are taken for ten minutes while the server is away, but for no longer than they say themselves', async () => {
    const [short, long] = [jwt(clock.now() + 120_000), jwt(clock.now() + 3_600_000)];
    for (const token of [short, long]) forUs(token, alice);
    for (const token of [short, long]) await authenticator.authenticate(token);
    away = true;
    await clock.advance(119_999);
    for (const token of [short, long])
      expect(await authenticator.authenticate(token)).to.have.property('role', 'person');
    await clock.advance(1);
    const code = (token: string): Promise<string> =>
      authenticator.authenticate(token).then(
        () => '',
        (error: unknown) => (error instanceof ApiError ? error.code : String(error)),
      );
    expect(await code(short)).to.equal('access_not_checked');
    expect(await code(long)).to.equal('');
    await clock.advance(480_000);
    expect(await code(long)).to.equal('access_not_checked');
    expect(await code('never-seen')).to.equal('access_not_checked');
  });

  it('that are bad are asked for again after ten seconds: they may have come too early', async () => {
    expect(await authenticator.authenticate('t')).to.equal(null);
    forUs('t', alice);
    await clock.advance(9_999);
    expect(await authenticator.authenticate('t')).to.equal(null);
    await clock.advance(1);
    expect(await authenticator.authenticate('t')).to.have.property('role', 'person');
  });

  it('of our own kinds, and what cannot be a token, are never shown to the API server', async () => {
    for (const token of ['kt_gk_secret', 'kt_local_x', 'kt_gateway_a.b.c', 'a b', 'a\tb', 'x,y', '=='])
      expect(await authenticator.authenticate(token)).to.equal(null);
    expect(asked).to.deep.equal([]);
  });

  it('of gateways wait until the accounts are known', async () => {
    synced = false;
    forUs('t', edge);
    const error = await authenticator.authenticate('t').then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('code', 'access_not_checked');
    synced = true;
    expect(await authenticator.authenticate('t')).to.deep.equal(gateway);
  });

  it('of a gateway are its own until they are reviewed again, though its account goes first', async () => {
    forUs('t', edge);
    await authenticator.authenticate('t');
    ours.clear();
    await clock.advance(59_999);
    expect(await authenticator.authenticate('t')).to.deep.equal(gateway);
  });

  it('of a person whose account becomes that of a gateway are that gateway’s without a wait', async () => {
    const accounts = [...ours];
    ours.clear();
    forUs('t', edge);
    expect(await authenticator.authenticate('t')).to.have.property('role', 'person');
    ours = new Map(accounts);
    expect(await authenticator.authenticate('t')).to.deep.equal(gateway);
  });
});
