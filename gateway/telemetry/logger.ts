import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** The gateway's log: JSON lines, on standard error so that standard output stays free for people. */
export function createLogger(
  bindings: { gateway: string; instance: string },
  level = 'info',
  destination: DestinationStream = pino.destination({ dest: 2, sync: false }),
): Logger {
  return pino(
    {
      level,
      base: bindings,
      timestamp: pino.stdTimeFunctions.isoTime,
      // Belt and braces: nothing puts these into a field.
      redact: ['authorization', 'headers', 'body', 'secret', 'token'],
    },
    destination,
  );
}

/** What may be logged of something that was thrown: its message may quote content, its name and stack's places do not. */
export function faultFields(thrown: unknown): { name: string; at: string[] } {
  if (!(thrown instanceof Error)) return { name: typeof thrown, at: [] };
  const places = (thrown.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { name: thrown.name, at: places.slice(0, 6).map((line) => line.trim()) };
}
