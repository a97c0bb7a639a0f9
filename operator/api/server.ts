import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import type { InstanceReports } from '../domain/instance-reports.ts';
import type { Store } from '../store/store.ts';
import type { Authorizer } from './access.ts';
import type { Authenticator, Caller } from './auth.ts';
import { refuseForeignPages } from './browsers.ts';
import { configurationRoutes } from './configurations.ts';
import { ApiError } from './errors.ts';
import { eventRoutes } from './events.ts';
import { instanceRoutes } from './instances.ts';
import type { KeyFeed } from './key-feed.ts';
import { keyRoutes } from './keys.ts';
import type { Namespaces } from './namespaces.ts';
import { methodsAt, openApiDocument } from './openapi.ts';
import { problemRoutes, type ResourceProblem } from './problems.ts';
import { streamRoutes } from './streams.ts';

export interface ApiOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
}

export interface ApiParts {
  store: Store;
  reports: InstanceReports;
  authenticator: Authenticator;
  authorizer: Authorizer;
  namespaces: Namespaces;
  /** Where changes of keys are told. */
  keyFeed: KeyFeed;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start. */
  monotonic(): number;
  /** True when the control plane may be sent traffic. */
  ready(): boolean;
  /** What is wrong with the resources now; left out where there are none. */
  problems?(): readonly ResourceProblem[];
  /** Whether there is such a gateway now. */
  active(namespace: string, gateway: string): boolean;
  /** Prometheus text and its content type. */
  metrics(): Promise<{ contentType: string; text: string }>;
  /** A failure that nobody threw on purpose; never the caller's content. */
  onUnexpected(error: unknown, route: string): void;
}

/** Seconds after which what could not be done may be tried again. */
const RETRY_SECONDS = 1;

/**
 * Milliseconds that calls under way may take to end. Node looks for slow clients only while a server listens, so that
 * one who stopped in the middle of a request would hold the end up for ever.
 */
const CLOSE_MS = 2_000;

export interface RunningApi {
  /** Base URL without a path. */
  url: string;
  close(): Promise<void>;
}

/** Serves the control-plane API. @throws Error when the port is taken */
export async function startApi(options: ApiOptions, parts: ApiParts): Promise<RunningApi> {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', false);
  app.use(refuseForeignPages(options.host));
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', (_request, response) => {
    const ready = parts.ready();
    response.status(ready ? 200 : 503).json({ status: ready ? 'ok' : 'starting' });
  });
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await parts.metrics();
    response.type(contentType).send(text);
  });
  app.get('/openapi.json', (_request, response) => void response.json(openApiDocument));
  app.use('/v1', authenticated(parts.authenticator));
  app.use('/v1/events', eventRoutes(parts));
  app.use('/v1/streams', streamRoutes(parts));
  app.use('/v1/configurations', configurationRoutes(parts));
  app.use('/v1/problems', problemRoutes(parts));
  app.use('/v1/keys', keyRoutes(parts));
  app.use('/v1', instanceRoutes(parts));
  app.use((request, response) => {
    const methods = methodsAt(request.path);
    if (methods.length > 0) {
      response.set('allow', methods.join(', '));
      throw new ApiError('method_not_allowed', `use ${methods.join(' or ')} here.`);
    }
    throw new ApiError(
      'not_found',
      `there is nothing at ${request.path.slice(0, 200)}. GET /openapi.json lists what there is.`,
    );
  });
  app.use(answerErrors(parts));

  const server = createServer(
    { keepAliveTimeout: 65_000, requestTimeout: 60_000, headersTimeout: 10_000 },
    app,
  );
  await listen(server, options);
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        // Whoever waits for a change is answered, so that they need not be cut off.
        parts.keyFeed.close();
        const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function listen(server: Server, options: ApiOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Puts the caller into `response.locals`. */
function authenticated(authenticator: Authenticator): RequestHandler {
  return async (request, response, next) => {
    const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const caller = token === undefined ? null : await authenticator.authenticate(token);
    if (caller === null) {
      throw new ApiError(
        'unauthenticated',
        "send 'Authorization: Bearer TOKEN' with a token of this control plane.",
      );
    }
    response.locals['caller'] = caller satisfies Caller;
    next();
  };
}

function answerErrors(parts: ApiParts): ErrorRequestHandler {
  return (error, request, response, _next) => {
    const known = asApiError(error);
    // The caller cannot do anything about the store; whoever reads the log can.
    if (known === null || known.code === 'store_unavailable')
      parts.onUnexpected(error, `${request.method} ${request.path}`);
    const answer = known ?? new ApiError('internal_error', 'the control plane failed; its log says why.');
    if (response.headersSent) return void response.destroy();
    if (answer.status === 503) response.set('retry-after', String(RETRY_SECONDS));
    response
      .status(answer.status)
      .json({ error: { code: answer.code, message: answer.message, ...answer.details } });
  };
}

function asApiError(error: unknown): ApiError | null {
  if (error instanceof ApiError) return error;
  if (!(error instanceof Error)) return null;
  if (error.name === 'StoreError') {
    return new ApiError(
      'store_unavailable',
      'the event store cannot be used at the moment. Try again; nothing is stored twice.',
    );
  }
  return 'status' in error ? callersFault(error, Number(error.status)) : null;
}

/** What express and its parsers refuse, in our words: theirs may quote the request. */
function callersFault(error: Error, status: number): ApiError | null {
  if (error instanceof URIError)
    return new ApiError('invalid_parameter', 'the path is not percent-encoded UTF-8.');
  if (status === 413)
    return new ApiError('body_too_large', 'the body is over the limit of this path; send less at once.');
  if (status === 415)
    return new ApiError('unsupported_media_type', 'this content encoding or character set is not read.');
  if (status !== 400) return null;
  const parsed = 'type' in error && error.type === 'entity.parse.failed';
  const message = parsed
    ? 'the body is not JSON.'
    : 'the body ended early, or is not in the encoding it names.';
  return new ApiError('invalid_body', message);
}
