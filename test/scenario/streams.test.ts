import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type StreamState, Streams } from '../cluster/client/streams.ts';
import { Upstream } from '../cluster/client/upstream.ts';
import { eventually } from '../fakes/folder.ts';

const ERROR = 'data: {"error":{"code":"not_ready"}}\n\n';

describe('long streams of scenarios', () => {
  let upstream: Upstream;
  let streams: Streams;
  let server: Server;
  let baseUrl: string;
  let answers: ServerResponse[];
  /** What is sent in the place of a frame. */
  let change: (text: string) => string;

  beforeEach(async () => {
    upstream = new Upstream();
    streams = new Streams(upstream);
    answers = [];
    change = (text) => text;
    server = createServer(async (request, response) => {
      answers.push(response);
      let body = '';
      for await (const part of request.setEncoding('utf8')) body += part;
      await upstream.serve({
        authorization: '',
        body,
        begin: (status, type) => void response.writeHead(status, { 'content-type': type }),
        write: (text) => void response.write(change(text)),
        end: (text) => void response.end(change(text)),
        gone: () => response.destroyed,
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const open = async (): Promise<void> => {
    const [state] = await streams.open({ streams: [{ id: 'ask-1', baseUrl }], content: 'Hello' });
    expect(state).to.include({ isOpen: true, status: 200, whole: false });
    await parts(2);
  };
  const look = (): StreamState => streams.look(['ask-1'])[0]!;
  const parts = (least: number): Promise<void> => eventually(() => look().parts >= least, `part ${least}`);
  const over = (): Promise<void> => eventually(() => !look().isOpen, 'the end');
  const finish = async (): Promise<StreamState> => {
    upstream.finish(['ask-1']);
    await over();
    return look();
  };

  it('go on until they are ended, and are whole then', async () => {
    await open();
    expect(await finish()).to.include({ whole: true, code: null });
  });

  it('are not whole when a part is missing', async () => {
    await open();
    change = (text) => (text.includes('part-3') ? ': nothing\n\n' : text);
    await parts(4);
    expect(await finish()).to.include({ whole: false });
  });

  it('are not whole without their last line', async () => {
    await open();
    change = (text) => text.replace('data: [DONE]\n\n', '');
    expect(await finish()).to.include({ whole: false });
  });

  it('are not whole when the connection breaks off', async () => {
    await open();
    answers[0]!.destroy();
    await over();
    expect(look()).to.include({ whole: false, code: null });
  });

  it('tell of the error that they end with', async () => {
    await open();
    answers[0]!.end(ERROR);
    await over();
    expect(look()).to.include({ whole: false, code: 'not_ready' });
  });
});
