import { format, inspect } from 'node:util';
import Mocha from 'mocha';

/** What came of the tests of one file. */
export interface Outcome {
  passed: number;
  failed: number;
  /** Title of each test that was skipped. */
  skipped: readonly string[];
  /** The failures in words for people, with their differences and stacks; empty where there are none. */
  failures: string;
}

/** Says nothing while it runs: what came of it is told when the file has ended. */
class Silent extends Mocha.reporters.Base {}

/** Runs the tests of one file in this process. A file that cannot be loaded is a failure; it never rejects. */
export async function runFile(file: string, color: boolean): Promise<Outcome> {
  const mocha = new Mocha({ timeout: 60_000, reporter: Silent, forbidOnly: true, color });
  mocha.addFile(file);
  try {
    await mocha.loadFilesAsync();
  } catch (error) {
    return { passed: 0, failed: 1, skipped: [], failures: `  It cannot be loaded: ${inspect(error)}` };
  }
  const skipped: string[] = [];
  const failed: Mocha.Test[] = [];
  const runner = await new Promise<Mocha.Runner>((resolve) => {
    const running = mocha.run(() => resolve(running));
    running.on('pending', (test) => skipped.push(test.fullTitle()));
    running.on('fail', (test) => failed.push(test));
  });
  // Else it goes on listening to errors of the process: two that do hand a rejection to each other, ten of them ten!
  // times, which has no end.
  mocha.dispose();
  const { passes, failures } = runner.stats!;
  return { passed: passes, failed: failures, skipped, failures: textOf(failed) };
}

/** The list of failures as mocha's own reporters print it. */
function textOf(failed: readonly Mocha.Test[]): string {
  if (failed.length === 0) return '';
  const lines: string[] = [];
  const { consoleLog } = Mocha.reporters.Base;
  Mocha.reporters.Base.consoleLog = (...parts: unknown[]) => void lines.push(format(...parts));
  try {
    Mocha.reporters.Base.list([...failed]);
  } finally {
    Mocha.reporters.Base.consoleLog = consoleLog;
  }
  return lines.join('\n');
}
