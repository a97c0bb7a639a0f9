import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Calls kubectl as the admin and returns what it prints. @throws Error with what it said */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

export function kubectlAt(command: string, kubeconfig: string): Kubectl {
  return (args, input = '') => run(command, ['--kubeconfig', kubeconfig, ...args], input);
}

/** Runs a program to its end and returns its output. @throws Error with what it wrote to its standard error */
export async function run(command: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(command, args);
  const exit = once(child, 'close');
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [out, said] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await exit) as [number | null];
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${said.trim() || out.trim()}`);
  return out;
}
