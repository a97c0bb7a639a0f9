import { baseUrlFault } from '../contract/base-url.ts';
import type { Target } from '../contract/document.ts';
import { vendorFault, vendorOf } from '../contract/vendors.ts';
import { GatewayError } from '../errors.ts';
import type { UpstreamRequest } from '../upstream/upstream.ts';
import type { ProviderConnection } from './connection.ts';

/** Why a target's vendor cannot be served, in words; null where it can. */
export function vendorProblem(target: Target): string | null {
  switch (vendorFault(target)) {
    case null:
      return null;
    case 'vendor':
      return `The vendor "${target.provider}" is not served yet. One whose API is the OpenAI one can be used with base_url.`;
    case 'no address':
      return `The target needs base_url: "${target.provider}" has no address of its own.`;
    case 'bad address':
      return `The base_url of the target ${baseUrlFault(target.base_url ?? '')}.`;
  }
}

interface Address {
  origin: string;
  basePath: string;
}

/** Finds where the requests of targets go. Addresses are parsed once a target. */
export class Connections {
  readonly #addresses = new WeakMap<Target, Address>();
  readonly #credential: (target: Target) => string | null;

  /** @param credential value of a target's credential; null where it needs none. May throw. */
  constructor(credential: (target: Target) => string | null) {
    this.#credential = credential;
  }

  /**
   * Where a request goes, and its headers: an allow-list, nothing of the caller's is copied.
   * @throws GatewayError `target_unavailable`
   */
  of(request: UpstreamRequest): ProviderConnection {
    const { target } = request.target;
    const { origin, basePath } = this.#address(target);
    const headers = [
      'content-type',
      'application/json',
      'accept',
      request.stream ? 'text/event-stream' : 'application/json',
      // What cannot be read cannot be inspected.
      'accept-encoding',
      'identity',
    ];
    if (request.credential !== null) headers.push(request.credential.header, request.credential.value);
    else {
      const value = this.#value(target);
      if (value !== null) headers.push('authorization', `Bearer ${value}`);
    }
    return { origin, basePath, headers };
  }

  /** True where the text has the target's stored credential in it. @throws GatewayError `target_unavailable` */
  quotesCredential(target: Target, text: string): boolean {
    const value = this.#value(target);
    return value !== null && value !== '' && text.includes(value);
  }

  #value(target: Target): string | null {
    if (target.pass_through_credential === true) return null;
    try {
      return this.#credential(target);
    } catch (cause) {
      throw new GatewayError(
        'target_unavailable',
        `The credential of the target "${target.id}" cannot be read.`,
        {
          cause,
        },
      );
    }
  }

  #address(target: Target): Address {
    let address = this.#addresses.get(target);
    if (address === undefined) {
      const base = target.base_url ?? vendorOf(target.provider)?.baseUrl ?? null;
      if (base === null)
        throw new GatewayError('target_unavailable', `The target "${target.id}" has no address.`);
      const url = new URL(base);
      address = { origin: url.origin, basePath: url.pathname.replace(/\/+$/, '') };
      this.#addresses.set(target, address);
    }
    return address;
  }
}
