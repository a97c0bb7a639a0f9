import { readFileSync } from 'node:fs';
import type { LintResult } from '../gateway/contract/lint.ts';
import { CliError } from './io.ts';

/**
 * Lints a policy config as a lone gateway would read it, one that listens on `listen` where that is given. The pattern checker behind it is loaded only here, since it
 * takes most of a second.
 * @throws CliError when the file cannot be read
 */
export async function lintFile(file: string, listen?: string): Promise<LintResult> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, 2);
  }
  const [{ lintPolicyConfig }, { loadKindContracts }] = await Promise.all([
    import('../gateway/contract/lint.ts'),
    import('../gateway/contract/kinds.ts'),
  ]);
  return lintPolicyConfig(text, {
    file,
    kinds: await loadKindContracts(),
    loneGateway: true,
    ...(listen !== undefined && { listen }),
  });
}
