import { request } from 'node:http';
import { expect } from 'chai';
import { TestGateway } from '../fakes/gateway.ts';

/** HEAD, as load balancers send it, was never answered. */
describe('issue: HEAD requests hung', () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await TestGateway.start();
  });
  after(() => gateway.close());

  for (const [path, status] of [
    ['/healthz', 200],
    ['/v1/chat/completions', 405],
    ['/v1/models', 405],
    ['/nothing', 404],
  ] as const) {
    it(`${path}: ${status}, without a body`, async () => {
      const answer = await fetch(gateway.url + path, { method: 'HEAD', signal: AbortSignal.timeout(1_000) });
      expect(answer.status).to.equal(status);
      expect(await answer.text()).to.equal('');
      expect(Number(answer.headers.get('content-length'))).to.be.greaterThan(0);
    });
  }

  it('and the connection goes on', async () => {
    const answers: number[] = [];
    for (const method of ['HEAD', 'GET']) {
      await new Promise<void>((resolve, reject) => {
        const sent = request(`${gateway.url}/healthz`, { method, timeout: 1_000 }, (answer) => {
          answers.push(answer.statusCode ?? 0);
          answer.resume().on('end', resolve);
        });
        sent
          .on('error', reject)
          .on('timeout', () => sent.destroy(new Error('hangs')))
          .end();
      });
    }
    expect(answers).to.deep.equal([200, 200]);
  });
});
