import { fromForeignPage } from '../contract/browser-guard.ts';
import { type ErrorCode, GatewayError } from '../errors.ts';
import type { RequestHead } from './request-head.ts';

/** A refusal of the transport, before anybody is identified. */
export interface ProtocolFault {
  status: number;
  code: ErrorCode;
  message: string;
  /** Methods that are served, for the header `allow` of a 405. */
  allow?: string;
}

const MAX_URL = 2048;

/**
 * What Node's parser lets pass and a gateway must not, since two readers of such a request may disagree on what it
 * says.
 */
export function protocolFault(
  request: { method: string; url: string; httpVersion: string },
  head: RequestHead,
): ProtocolFault | null {
  if (fromForeignPage(head.fetchSite)) {
    const message =
      'A page of another site sent this request from a browser. Call the gateway from a server.';
    return { status: 403, code: 'cross_site', message };
  }
  if (head.hosts > 1) return bad('The request has two Host headers.');
  if (head.repeated !== undefined) return bad(`The header "${head.repeated}" came twice.`);
  if (request.method === 'CONNECT') {
    const message = 'CONNECT is not served: this is no proxy.';
    return { status: 405, code: 'method_not_allowed', message, allow: 'GET, HEAD, POST' };
  }
  if (!request.url.startsWith('/')) return bad('The request target must be a path.');
  if (request.url.length > MAX_URL) return bad(`The URL is over ${MAX_URL} bytes.`);
  // HTTP/1.0 has no expectations, and what says so there is to be ignored.
  if (request.httpVersion !== '1.0' && head.expect !== undefined && !isContinue(head.expect)) {
    return { ...bad('Only "100-continue" can be expected.'), status: 417 };
  }
  const transfer = head.transferEncoding;
  if (transfer !== undefined) {
    if (transfer.trim().toLowerCase() !== 'chunked') {
      return { ...bad('Only "chunked" is understood as a transfer encoding.'), status: 501 };
    }
    if (request.httpVersion === '1.0') return bad('HTTP/1.0 has no transfer encodings.');
  }
  const hasBody = transfer !== undefined || (head.contentLength !== undefined && head.contentLength !== '0');
  if (hasBody && (request.method === 'GET' || request.method === 'HEAD')) {
    return bad(`A ${request.method} request has no body.`);
  }
  return null;
}

/** The one expectation that HTTP knows. */
function isContinue(expect: string): boolean {
  return expect.trim().toLowerCase() === '100-continue';
}

function bad(message: string): ProtocolFault {
  return { status: 400, code: 'invalid_request', message };
}

/**
 * Bodies are JSON in no coding. One that says nothing of its type is taken to be JSON, unless a page sent it: a page may
 * send such a body, and no other, to any site without asking that site first.
 * @throws GatewayError `unsupported_encoding`, `unsupported_media_type`
 */
export function checkBodyHeaders(head: RequestHead): void {
  const encoding = head.contentEncoding?.trim().toLowerCase();
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity') {
    throw new GatewayError(
      'unsupported_encoding',
      'Send the body without content-encoding: it is inspected as it comes.',
    );
  }
  const type = head.contentType?.split(';', 1)[0]?.trim().toLowerCase();
  const unnamed = type === undefined || type === '';
  if (unnamed ? head.fromPage : type !== 'application/json' && !type.endsWith('+json')) {
    throw new GatewayError('unsupported_media_type', 'Send the body as application/json.');
  }
}
