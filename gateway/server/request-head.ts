/** The headers of a request that the gateway itself reads, taken from the raw list in one pass. */
export interface RequestHead {
  authorization: string | undefined;
  apiKey: string | undefined;
  keeptrustsKey: string | undefined;
  contentType: string | undefined;
  contentEncoding: string | undefined;
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  expect: string | undefined;
  requestId: string | undefined;
  /** `host`, the first one. */
  host: string | undefined;
  /** Number of `host` headers. */
  hosts: number;
  /** `sec-fetch-site`: where a browser says that the page stands that sent this. */
  fetchSite: string | undefined;
  /** A browser's script or form sent this: no other client has `sec-fetch-mode` or `origin`. */
  fromPage: boolean;
  /** A header that may come once came twice: which. */
  repeated: string | undefined;
  /** Names and values as they came, for headers that only a document names. */
  raw: readonly string[];
}

/** @param raw names and values in turn, as `IncomingMessage.rawHeaders` */
export function readHead(raw: readonly string[]): RequestHead {
  const head: RequestHead = {
    authorization: undefined,
    apiKey: undefined,
    keeptrustsKey: undefined,
    contentType: undefined,
    contentEncoding: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    expect: undefined,
    requestId: undefined,
    host: undefined,
    hosts: 0,
    fetchSite: undefined,
    fromPage: false,
    repeated: undefined,
    raw,
  };
  for (let index = 0; index < raw.length; index += 2) {
    const value = raw[index + 1]!;
    switch (raw[index]!.toLowerCase()) {
      case 'host':
        head.host ??= value;
        head.hosts += 1;
        break;
      case 'sec-fetch-site':
        head.fetchSite = value;
        break;
      case 'sec-fetch-mode':
      case 'origin':
        head.fromPage = true;
        break;
      case 'authorization':
        if (head.authorization !== undefined) head.repeated = 'authorization';
        head.authorization = value;
        break;
      case 'x-api-key':
        if (head.apiKey !== undefined) head.repeated = 'x-api-key';
        head.apiKey = value;
        break;
      case 'x-keeptrusts-key':
        if (head.keeptrustsKey !== undefined) head.repeated = 'x-keeptrusts-key';
        head.keeptrustsKey = value;
        break;
      case 'content-type':
        if (head.contentType !== undefined) head.repeated = 'content-type';
        head.contentType = value;
        break;
      case 'content-encoding':
        head.contentEncoding =
          head.contentEncoding === undefined ? value : `${head.contentEncoding},${value}`;
        break;
      case 'content-length':
        head.contentLength = value;
        break;
      case 'transfer-encoding':
        head.transferEncoding = value;
        break;
      case 'expect':
        head.expect = head.expect === undefined ? value : `${head.expect},${value}`;
        break;
      case 'x-request-id':
        head.requestId ??= value;
        break;
    }
  }
  return head;
}
