import { GatewayError } from '../errors.ts';

/** What went wrong on the way to a provider or back. The message never repeats the provider's text. */
export function toGatewayError(error: Error, headReceived: boolean): GatewayError {
  const code = codeOf(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new GatewayError('upstream_connect', 'The provider did not accept a connection in time.', {
      cause: error,
    });
  }
  if (
    error.name === 'HTTPParserError' ||
    code === 'UND_ERR_HEADERS_OVERFLOW' ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' ||
    isUpgrade(error)
  ) {
    return new GatewayError('upstream_invalid', 'The provider answered with something that is not HTTP.', {
      cause: error,
    });
  }
  if (headReceived) {
    return new GatewayError('upstream_interrupted', 'The provider broke off its answer.', { cause: error });
  }
  return new GatewayError('upstream_connect', `The provider cannot be reached (${code}).`, { cause: error });
}

/** An answer of 101: nobody asked for another protocol. The client has no code of its own for it. */
function isUpgrade(error: Error): boolean {
  return codeOf(error) === 'UND_ERR_SOCKET' && error.message === 'bad upgrade';
}

function codeOf(error: Error): string {
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error instanceof AggregateError ? 'ECONNREFUSED' : error.name;
}
