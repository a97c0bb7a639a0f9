import { expect } from 'chai';
import { ask, TestGateway } from '../fakes/gateway.ts';
import { FakeUpstream, garbage } from '../fakes/upstream.ts';

/** A provider that answers garbage was told, and recorded, as one that cannot be reached; other targets were tried. */
describe('issue: garbage of a provider was told as a dead provider', () => {
  const head = 'content-type: application/json\r\n';
  for (const [name, bytes] of [
    [
      'two lengths',
      `HTTP/1.1 200 OK\r\n${head}content-length: 14\r\ncontent-length: 15\r\n\r\n{"choices":[]}`,
    ],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
  ] as const) {
    it(`${name}: 502 upstream_invalid, once`, async () => {
      const upstream = await FakeUpstream.start(garbage(bytes));
      const target = { provider: 'openai', base_url: upstream.url };
      const gateway = await TestGateway.start({
        targets: [
          { id: 'a', ...target },
          { id: 'b', ...target },
        ],
      });
      try {
        expect((await gateway.chat(ask('hi'))).status).to.equal(502);
        expect((await gateway.lastEvent()).error?.code).to.equal('upstream_invalid');
        expect(upstream.requests).to.have.length(1);
      } finally {
        await gateway.close();
        await upstream.close();
      }
    });
  }
});
