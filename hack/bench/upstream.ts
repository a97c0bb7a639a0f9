/** The pinned mock of a provider: answers every POST with fixed bytes, as JSON or as 64 SSE frames. */
import { createServer } from 'node:http';

const words =
  'The quarterly report shows steady growth across regions and the outlook for next year stays positive'.split(
    ' ',
  );
const usage = { prompt_tokens: 612, completion_tokens: 120, total_tokens: 732 };
const common = { id: 'chatcmpl-bench', created: 1_760_000_000, model: 'gpt-4o-mini' };
const json = Buffer.from(
  JSON.stringify({
    ...common,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: Array.from({ length: 6 }, () => words.join(' ')).join('. ') },
        finish_reason: 'stop',
      },
    ],
    usage,
  }),
);
const frame = (choices: unknown[], more: object = {}): string =>
  `data: ${JSON.stringify({ ...common, object: 'chat.completion.chunk', choices, ...more })}\n\n`;
const frames = [
  frame([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]),
  ...Array.from({ length: 62 }, (_, i) =>
    frame([{ index: 0, delta: { content: `${words[i % words.length]} ` }, finish_reason: null }]),
  ),
  frame([{ index: 0, delta: {}, finish_reason: 'stop' }]),
  frame([], { usage }),
  'data: [DONE]\n\n',
].map((text) => Buffer.from(text));
/** Providers write several frames a packet: eight to a write here. */
const writes = Array.from({ length: Math.ceil(frames.length / 8) }, (_, i) =>
  Buffer.concat(frames.slice(i * 8, i * 8 + 8)),
);

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  let stream = false;
  request.on('data', (chunk: Buffer) => {
    if (!stream && chunk.includes('"stream":true')) stream = true;
  });
  request.on('end', () => {
    if (!stream) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': json.length });
      response.end(json);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let next = 0;
    const write = (): void => {
      response.write(writes[next++]);
      if (next < writes.length) setImmediate(write);
      else response.end();
    };
    write();
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'));
