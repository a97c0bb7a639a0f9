import type { PolicyConfig } from './document.ts';
import type { Problem } from './problem.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\]|::ffff:127(\.\d{1,3}){3})$/i;

/** Whether only this machine reaches an address, given as `host`, `host:port` or `[host]:port`. */
export function isLoopback(listen: string): boolean {
  const host = /^\[[^\]]*\]|^[^:]*(?=:\d*$)/.exec(listen)?.[0] ?? listen;
  return LOOPBACK.test(host);
}

/** What is said of a document that would serve stored credentials to everybody who reaches the address. */
export function opennessProblems(config: PolicyConfig, listen: string): Problem[] {
  if (isLoopback(listen)) return [];
  const stored = (config.providers?.targets ?? []).some((target) => target.secret_key_ref !== undefined);
  if (!stored || config.identity?.anonymous === false) return [];
  const why =
    config.identity === undefined
      ? 'the document has no `identity` section'
      : '`identity.anonymous` lets callers without a key in';
  return [
    {
      code: 'W002',
      severity: 'warning',
      path: config.identity === undefined ? '' : 'identity.anonymous',
      line: 1,
      column: 1,
      message: `${why}, and ${listen} is not a loopback address: whoever reaches it uses the stored credentials`,
    },
  ];
}
