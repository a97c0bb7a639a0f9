import { classifyPattern } from '../../gateway/contract/patterns.ts';

/** The process that judges patterns: one message, one answer, and the end with the parent's. */
process.on('message', (source: string) => {
  process.send?.(classifyPattern(source));
});
