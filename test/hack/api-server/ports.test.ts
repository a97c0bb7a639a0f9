import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { freePorts } from '../../../hack/api-server/ports.ts';

describe('ports of servers', () => {
  it('are different, free, and none that an outgoing connection could take', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports)).to.have.property('size', 20);
    for (const port of ports) {
      expect(port).to.be.within(20_000, 32_767);
      const server = createServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
      server.close();
    }
  });
});
