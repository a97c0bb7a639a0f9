import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Applies a folder with a kustomization, and waits until the API server serves the kinds that it defines.
 *
 * @throws Error with what kubectl said.
 */
export async function applyManifests(kubectl: string, kubeconfig: string, folder: string): Promise<void> {
  const call = async (...args: string[]): Promise<string> => {
    try {
      return (await run(kubectl, ['--kubeconfig', kubeconfig, ...args])).stdout;
    } catch (error) {
      const said = (error as { stderr?: string }).stderr?.trim();
      throw new Error(`kubectl ${args.join(' ')} failed: ${said || String(error)}`);
    }
  };
  // Server-side, since the annotation of the other way may hold 256 KiB and CRDs can be larger.
  const applied = await call('apply', '--server-side', '--force-conflicts', '-k', folder, '-o', 'name');
  const definitions = applied.split('\n').filter((name) => name.startsWith('customresourcedefinition'));
  if (definitions.length > 0)
    await call('wait', '--for=condition=Established', '--timeout=60s', ...definitions);
}
