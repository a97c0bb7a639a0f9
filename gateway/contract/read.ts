import type { PolicyConfig } from './document.ts';
import { examine } from './examine.ts';
import type { KindContracts } from './kind-contract.ts';
import type { Problem } from './problem.ts';

export type { Problem } from './problem.ts';

export interface ReadOptions {
  /** Name of the file, from which the list form takes the name of its pack. */
  file?: string;
  kinds: KindContracts;
}

export interface ReadResult {
  /** Null where there is a problem. */
  config: PolicyConfig | null;
  /** Errors only; `lintPolicyConfig` gives warnings too. */
  problems: Problem[];
}

/** Reads a document in any shape that people may write. Pure; never throws for what stands in the text. */
export function readPolicyConfig(text: string, options: ReadOptions): ReadResult {
  const { config, problems } = examine(text, options);
  return { config, problems: problems.filter(({ severity }) => severity === 'error') };
}
