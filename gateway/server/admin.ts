import { timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { HOST_MESSAGE, type HostGuard } from '../contract/browser-guard.ts';
import { EventQueryError } from '../contract/event-query.ts';

export interface AdminParts {
  /** Why no traffic may be sent here; null where it may. */
  unready(): string | null;
  health(): object;
  metrics(): Promise<{ contentType: string; text: string }>;
  /** The running config without secrets; null before the first. */
  config(): object | null;
  /** Body of the list. @throws EventQueryError */
  events(parameters: URLSearchParams): Promise<string>;
  event(id: string): Promise<string | null>;
  /** Bearer token of the guarded paths; null closes them. Read for each request, since its file may change. */
  token(): string | null;
  hosts: HostGuard;
  unexpected(error: unknown): void;
}

/** The admin port: probes and metrics for the cluster, config and events for who holds the token. */
export function createAdminServer(parts: AdminParts): Server {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use((request, response, next) => {
    if (parts.hosts(request.headers.host)) next();
    else response.status(403).json(errorOf('host_not_allowed', HOST_MESSAGE));
  });
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', (_request, response) => {
    const reason = parts.unready();
    if (reason === null) response.json({ status: 'ok' });
    else response.status(503).json({ status: 'not_ready', reason });
  });
  app.get('/health', (_request, response) => void response.json(parts.health()));
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await parts.metrics();
    response.type(contentType).send(text);
  });
  const guarded = guard(parts);
  app.get('/keeptrusts/config', guarded, (_request, response) => {
    const config = parts.config();
    if (config === null) response.status(503).json(errorOf('not_ready', 'There is no policy config yet.'));
    else response.json(config);
  });
  app.get('/v1/events', guarded, async (request, response) => {
    const query = request.url.indexOf('?');
    const parameters = new URLSearchParams(query < 0 ? '' : request.url.slice(query + 1));
    response.type('json').send(await parts.events(parameters));
  });
  app.get('/v1/events/:id', guarded, async (request, response) => {
    const event = await parts.event(String(request.params['id']));
    if (event === null) response.status(404).json(errorOf('not_found', 'There is no event of this id.'));
    else response.type('json').send(event);
  });
  app.use((_request, response) => {
    response.status(404).json(errorOf('not_found', 'There is no such path on the admin port.'));
  });
  app.use(failed(parts));
  return createServer({ maxHeaderSize: 16_384, connectionsCheckingInterval: 1_000 }, app);
}

function guard(parts: AdminParts): RequestHandler {
  return (request, response, next) => {
    const token = parts.token();
    if (token === null) {
      response
        .status(403)
        .json(errorOf('no_admin_token', 'Start the gateway with --admin-token-file to use this path.'));
      return;
    }
    const told = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!sameText(told, token)) {
      response
        .status(401)
        .json(errorOf('invalid_token', 'Send the admin token as "Authorization: Bearer …".'));
      return;
    }
    next();
  };
}

function failed(parts: AdminParts): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    if (error instanceof EventQueryError) {
      response.status(400).json(errorOf('invalid_parameter', error.message));
      return;
    }
    // Express gives what it cannot decode of a path this status.
    if (error instanceof URIError) {
      response
        .status(400)
        .json(errorOf('invalid_parameter', 'The path is not percent-encoded as it should be.'));
      return;
    }
    parts.unexpected(error);
    response.status(500).json(errorOf('internal_error', 'The gateway failed; its log says why.'));
  };
}

function errorOf(code: string, message: string): object {
  return { error: { code, message } };
}

/** In a time that does not tell how much was right. */
function sameText(told: string, wanted: string): boolean {
  const a = Buffer.from(told);
  const b = Buffer.from(wanted);
  return a.length === b.length && timingSafeEqual(a, b);
}
