import { Readable } from 'node:stream';
import { expect } from 'chai';
import type { KubeRequest, KubeResponse } from '../../../operator/kube/config.ts';
import { NamespaceClient } from '../../../operator/kube/namespaces.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { noKubeMetrics } from '../../fakes/no-kube-metrics.ts';

describe('the uid of a namespace', () => {
  let answer: { code: number; body: unknown };
  let sent: string[];
  let client: NamespaceClient;
  beforeEach(() => {
    sent = [];
    const send = async ({ method, path }: KubeRequest): Promise<KubeResponse> => {
      sent.push(`${method} ${path}`);
      const text = JSON.stringify(answer.body);
      const body = Object.assign(Readable.from([text]), { text: async () => text });
      return { statusCode: answer.code, headers: {}, body: body as unknown as KubeResponse['body'] };
    };
    const deps = { clock: new FakeClock(), random: () => 0.5, metrics: noKubeMetrics };
    client = new NamespaceClient({ send, renew: () => {} }, deps);
  });
  const failure = (): Promise<unknown> =>
    client.uidOf('shop').then(
      (uid) => expect.fail(String(uid)),
      (error) => error,
    );

  it('is read from the server itself', async () => {
    answer = { code: 200, body: { kind: 'Namespace', metadata: { name: 'shop', uid: 'uid-1' } } };
    expect(await client.uidOf('shop')).to.equal('uid-1');
    expect(sent).to.deep.equal(['GET /api/v1/namespaces/shop']);
  });

  it('is none where the server says that there is no such namespace', async () => {
    const details = { name: 'shop', kind: 'namespaces' };
    answer = { code: 404, body: { kind: 'Status', reason: 'NotFound', message: 'not found', details } };
    expect(await client.uidOf('shop')).to.equal(null);
  });

  for (const [what, code, body] of [
    ['something in between that knows no such path', 404, 'not found'],
    ['an answer without one', 200, { metadata: {} }],
    ['a refusal', 403, { reason: 'Forbidden', message: 'forbidden', details: { kind: 'namespaces' } }],
  ] as const) {
    it(`is not known from ${what}`, async () => {
      answer = { code, body };
      expect(await failure()).to.include({ name: 'KubeError', status: code });
    });
  }
});
