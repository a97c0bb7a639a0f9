import type { OperatorOptions } from '../operator/options.ts';
import { CliError, type Io } from './io.ts';

/** Runs the control plane until Ctrl-C. @throws CliError when it cannot start */
export async function runControlPlane(options: OperatorOptions, io: Io): Promise<void> {
  // Loaded only here: the other commands start four times as fast without the operator.
  const { runOperator } = await import('../operator/run.ts');
  try {
    await runOperator(options, io);
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error));
  }
}
