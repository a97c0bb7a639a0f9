import type { PolicyConfig } from './document.ts';
import type { Problem } from './problem.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\]|::ffff:127(\.\d{1,3}){3})$/i;

/** Whether only this machine reaches an address, given as `host`, `host:port` or `[host]:port`. */
export function isLoopback(listen: string): boolean {
  const host = /^\[[^\]]*\]|^[^:]*(?=:\d*$)/.exec(listen)?.[0] ?? listen;
  return LOOPBACK.test(host);
}

/** What is said of a document at an address that others than this machine reach: who is let in, and by what right. */
export function opennessProblems(
  { identity, providers }: Pick<PolicyConfig, 'identity' | 'providers'>,
  listen: string,
): Problem[] {
  if (isLoopback(listen)) return [];
  if (identity === undefined) {
    return [
      warning('', `the document has no \`identity\` section, so that every caller of ${listen} is refused`),
    ];
  }
  const stored = (providers?.targets ?? []).some((target) => target.secret_key_ref !== undefined);
  if (!stored || identity.anonymous === false) return [];
  const who = '`identity.anonymous` lets callers without a key in';
  return [
    warning(
      'identity.anonymous',
      `${who}, and ${listen} is not a loopback address: whoever reaches it uses the stored credentials`,
    ),
  ];
}

function warning(path: string, message: string): Problem {
  return { code: 'W002', severity: 'warning', path, line: 1, column: 1, message };
}
