import { type ParseArgsConfig, parseArgs } from 'node:util';

/** What `parseArgs` reads; where an argument is wrong the process ends with one line that says so, and status 1. */
export function readArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
