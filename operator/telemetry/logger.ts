import pino from 'pino';
import type { Log } from '../runtime/log.ts';

/** JSON lines on standard error; standard output is for people. */
export function createLogger(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
}
