import { storedText } from '../columns.ts';
import type { Run } from './database.ts';
import { pieces } from './spans.ts';

/** The lines of one stream in order, from a seq on; none where it is not of the namespace. `seq` is among the fields. */
export async function streamLines(
  run: Run,
  fields: string,
  stream: string,
  fromSeq: number,
  limit: number,
  namespace?: string,
): Promise<Record<string, unknown>[]> {
  const days = await run(
    `SELECT day::text AS date FROM keeptrusts.days, keeptrusts.streams
     WHERE stream = $1 AND ($2::text IS NULL OR namespace = $2) AND day BETWEEN first_day AND last_day ORDER BY day`,
    [stream, namespace === undefined ? null : storedText(namespace)],
  );
  let lines: Record<string, unknown>[] = [];
  for (const dates of pieces(days.map((row) => row['date']))) {
    const more = await run(
      `SELECT ${fields} FROM keeptrusts.events WHERE day = ANY($1) AND stream = $2 AND seq >= $3 ORDER BY seq LIMIT $4`,
      [dates, stream, fromSeq, limit],
    );
    if (more.length === 0) continue;
    lines = [...lines, ...more].sort((a, b) => Number(a['seq']) - Number(b['seq'])).slice(0, limit);
    // Without a hole there is nothing in between that another day could hold.
    if (lines.length === limit && Number(lines.at(-1)?.['seq']) === fromSeq + limit - 1) break;
  }
  return lines;
}
