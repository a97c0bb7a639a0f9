import { RE2JS } from 're2js';

/** The engine that is linear for every pattern it takes. @throws Error when it refuses the source */
export function compileRe2(source: string, flags: string): RE2JS {
  return RE2JS.compile(source, RE2JS.LOOKBEHINDS | (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0));
}
