import type { Run } from './database.ts';

/**
 * Moves the sequences behind what is stored. A copy by logical replication has the rows, and sequences that begin anew.
 */
export async function catchUp(run: Run): Promise<void> {
  const [over] = await run('SELECT coalesce(max(last), 0) AS last FROM keeptrusts.days');
  const open = await run('SELECT day::text AS date FROM keeptrusts.days WHERE last IS NULL');
  const [recent] = await run(
    'SELECT coalesce(max(position), 0) AS last FROM keeptrusts.events WHERE day = ANY($1)',
    [open.map((row) => row['date'])],
  );
  const [revisions] = await run('SELECT coalesce(max(archived), 0) AS last FROM keeptrusts.revisions');
  await move(run, 'positions', Math.max(Number(over?.['last']), Number(recent?.['last'])));
  await move(run, 'archived', Number(revisions?.['last']));
}

async function move(run: Run, sequence: string, last: number): Promise<void> {
  await run(
    `SELECT setval('keeptrusts.${sequence}', $1::bigint) FROM keeptrusts.${sequence} WHERE last_value < $1::bigint`,
    [last],
  );
}
