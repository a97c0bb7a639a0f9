import { flushCompileCache } from 'node:module';
import { examine } from '../contract/examine.ts';
import { loadKindContracts } from '../contract/kinds.ts';
import { type Classified, classify } from '../detectors/classify.ts';
import { PROGRESS, type ReadAnswer, type ReadRequest } from './reader.ts';

/**
 * The process that reads documents: one message, one answer, and the end with the parent's. It has no environment, so
 * no secret, and what it takes of memory is gone with it.
 */
const classified = new Map<string, Classified>();
let isKept = false;

process.on('message', async ({ text, file, kindDirs, loneGateway, spoolDays }: ReadRequest) => {
  const fresh: [string, Classified][] = [];
  const examined = examine(text, {
    file,
    kinds: await loadKindContracts(kindDirs ?? undefined),
    situation: loneGateway === null ? undefined : { loneGateway, spoolDays },
    spoolDays,
    checkPattern: (source) => {
      const known = classified.get(source) ?? classify(source);
      if (!classified.has(source)) {
        fresh.push([source, known]);
        process.send?.(PROGRESS);
      }
      classified.set(source, known);
      return known.verdict;
    },
  });
  process.send?.({ examined, classified: fresh } satisfies ReadAnswer, keepCompiledCode);
});

/** Compiled code is otherwise kept at an end in good order, and this process is killed. */
function keepCompiledCode(): void {
  if (!isKept) flushCompileCache();
  isKept = true;
}
