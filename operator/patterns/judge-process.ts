import { classifyPattern } from '../../gateway/contract/patterns.ts';

/** The process that judges patterns: says that it runs; then one message, one answer, and the end with the parent's. */
process.on('message', (source: string) => {
  process.send?.(classifyPattern(source));
});
process.send?.('ready');
