import type { GatewayKey } from '../contract/document.ts';

/** A credential that the caller sent for the provider, not for us. It goes only to targets that pass it on. */
export interface ForwardedCredential {
  header: 'authorization' | 'x-api-key';
  value: string;
}

/** Who calls, as far as the credential and the trusted headers say. */
export interface Caller {
  /** Null for anonymous callers. */
  readonly key: GatewayKey | null;
  readonly team: string | null;
  readonly project: string | null;
  readonly user: string | null;
  readonly useCase: string | null;
  readonly taskId: string | null;
  /** Names of the models that may be asked for; null for all. */
  readonly models: ReadonlySet<string> | null;
  readonly credential: ForwardedCredential | null;
}
