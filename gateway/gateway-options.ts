import type { FailMode } from './contract/document.ts';

/** How one gateway process is to run. */
export interface GatewayOptions {
  /** File of the policy config; its folder is watched. Null only with `upstream`. */
  config: string | null;
  /** Debug: one OpenAI-compatible target for everything, whatever the document says. */
  upstream: string | null;
  traffic: Address;
  admin: Address;
  /** For entries and documents that say nothing. */
  failMode: FailMode;
  /** Requests served at once; the others wait briefly. */
  maxConcurrency: number;
  /** Folder of the spool, the token keys and the revisions. */
  stateDir: string;
  /** Folder of `store` credentials; null where there is none. */
  secretsDir: string | null;
  adminTokenFile: string | null;
  /** Bearer token for the control plane, where the document names none. */
  controlPlaneTokenFile: string | null;
  /** Keys of callers come from the control plane too; without them no traffic is served. */
  controlPlaneKeys?: boolean;
  namespace: string;
  name: string;
  /** Name of this process among the gateway's instances. */
  instance: string;
  /** Grace for open answers after a stop was asked for (ms). */
  drainMs: number;
  /** How long connections are still accepted after a stop was asked for (ms): until no load balancer names us any more. */
  drainDelayMs: number;
  /**
   * How long events are tried to be delivered after that (ms), where the spool ends with this instance; at least 5 s after the
   * last answer.
   */
  shipMs: number;
  /** Bounds of the spool, in bytes and days; the spool's own defaults where left out. */
  spool?: { maxBytes?: number; maxAgeDays?: number };
  /** Several processes share the traffic port (Linux). */
  reusePort: boolean;
}

export interface Address {
  host: string;
  /** 0 takes any free port. */
  port: number;
}

/** Reads `host:port`, `[v6]:port` or `:port`; null for anything else. */
export function addressOf(text: string): Address | null {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]*)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const port = Number(match[3]);
  const host = match[1] ?? match[2] ?? '';
  return port > 65_535 ? null : { host: host === '' ? '0.0.0.0' : host, port };
}
