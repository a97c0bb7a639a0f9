import type { PolicyConfig } from './document.ts';
import type { Problem } from './problem.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\]|::ffff:127(\.\d{1,3}){3})$/i;

/** Whether only this machine reaches an address, given as `host`, `host:port` or `[host]:port`. */
export function isLoopback(listen: string): boolean {
  const host = /^\[[^\]]*\]|^[^:]*(?=:\d*$)/.exec(listen)?.[0] ?? listen;
  return LOOPBACK.test(host);
}

type Who = Pick<PolicyConfig, 'identity' | 'providers'>;

/** Whether a hand-written document has credentials of its own that callers would use. */
function storesCredentials({ providers }: Who): boolean {
  return (providers?.targets ?? []).some((target) => target.secret_key_ref !== undefined);
}

/**
 * Whether a hand-written document without an `identity` section lets callers in who have no gateway key: on this
 * machine, or where they bring their own credentials. Stored ones are never opened to a network by leaving a section out.
 */
export function admitsStrangers(config: Who, listen: string): boolean {
  return isLoopback(listen) || !storesCredentials(config);
}

/** What is said of a document at an address that others than this machine reach: who is let in, and by what right. */
export function opennessProblems(config: Who, listen: string): Problem[] {
  const { identity } = config;
  if (isLoopback(listen) || !storesCredentials(config) || identity?.anonymous === false) return [];
  if (identity === undefined) {
    const why = 'the document has stored credentials and no `identity` section';
    return [warning('', `${why}, so that every caller of ${listen} is refused`)];
  }
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
