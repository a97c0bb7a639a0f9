import { connect } from 'node:net';
import { expect } from 'chai';
import { documentOf, LoneGateway } from '../fakes/lone-gateway.ts';

/** The begin line stood before dispatch only: who was identified and still sending left nothing when the process died. */
describe('a gateway that is killed while an identified request sends its body', function () {
  this.timeout(60_000);
  it('has one interrupted event of it after the restart', async () => {
    const gateway = new LoneGateway();
    try {
      gateway.configure(documentOf('http://127.0.0.1:9', gateway, { chain: [] }));
      await gateway.start();
      const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${gateway.key.value}\r\n` +
          'content-type: application/json\r\ncontent-length: 1000\r\nx-request-id: half-sent\r\n\r\n{"model":',
      );
      await gateway.recorded('half-sent');
      await gateway.stop('SIGKILL');
      await gateway.start();
      const events = (await gateway.events()).filter(({ request_id }) => request_id === 'half-sent');
      expect(events).to.have.length(1);
      expect(events[0]).to.include({ kind: 'interrupted', key: gateway.key.id, requested_model: '' });
      socket.destroy();
    } finally {
      await gateway.remove();
    }
  });
});
