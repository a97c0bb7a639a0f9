import type { Dialect } from '../dialect.ts';
import { readAnswer } from './answer.ts';
import { errorBody, errorFrame, modelsBody } from './errors.ts';
import { readRequest } from './request.ts';
import { ChatStream } from './stream.ts';

/** OpenAI's Chat Completions API. */
export const chat: Dialect = {
  name: 'chat',
  path: '/v1/chat/completions',
  upstreamPath: '/chat/completions',
  readRequest,
  readAnswer,
  openStream: (options) => new ChatStream(options),
  errorBody,
  errorFrame,
  modelsBody,
};
