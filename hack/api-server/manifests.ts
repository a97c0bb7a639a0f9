import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** For one call of kubectl, in milliseconds; it waits for kinds up to 60 s. */
const LIMIT_MS = 120_000;

/**
 * Applies a folder with a kustomization, and waits until the API server serves the kinds that it defines.
 *
 * @throws Error with what kubectl said.
 */
export async function applyManifests(kubectl: string, kubeconfig: string, folder: string): Promise<void> {
  const call = async (...args: string[]): Promise<string> => {
    const called = run(kubectl, ['--kubeconfig', kubeconfig, ...args], { timeout: LIMIT_MS });
    // It asks for a name and a password where a kubeconfig has no user: nobody answers.
    called.child.stdin?.end();
    try {
      return (await called).stdout;
    } catch (error) {
      const { stderr, killed } = error as { stderr?: string; killed?: boolean };
      const why = killed ? `no answer within ${LIMIT_MS / 1000} s` : stderr?.trim() || String(error);
      throw new Error(`kubectl ${args.join(' ')} failed: ${why}`);
    }
  };
  // As the README tells people to do it: kubectl warns where it is applied this way after a server-side apply.
  const applied = await call('apply', '-k', folder, '-o', 'name');
  const definitions = applied.split('\n').filter((name) => name.startsWith('customresourcedefinition'));
  if (definitions.length > 0)
    await call('wait', '--for=condition=Established', '--timeout=60s', ...definitions);
}
