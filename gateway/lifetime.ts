/** How often a parent is looked for (ms). */
const POLL_MS = 500;

/**
 * Calls `gone` once the process `pid` has ended: nothing tells a child that its parent died.
 * @param alive true while the process runs
 */
export function watchParent(pid: number, alive: (pid: number) => boolean, gone: () => void): () => void {
  const timer = setInterval(() => {
    if (alive(pid)) return;
    clearInterval(timer);
    gone();
  }, POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** True while a process of that id runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, but belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
