import { LineVerifier, type VerifyOptions, type VerifyReport } from '../gateway/contract/verify-lines.ts';
import { differingColumn } from '../operator/store/columns.ts';
import type { EventColumns } from '../operator/store/store.ts';
import type { ApiClient } from './api.ts';

interface Lines {
  lines: { seq: number; record: string; columns: EventColumns }[];
  next: number | null;
}

/**
 * Verifies what a control plane keeps: each record by its bytes, and the columns that lists filter on against it.
 * The sizes that the store itself claims are checked too, though they anchor nothing.
 */
export async function verifyApi(
  api: ApiClient,
  options: VerifyOptions,
  namespace?: string,
): Promise<VerifyReport> {
  const verifier = new LineVerifier(options);
  const { streams } = await api.get<{ streams: { stream: string; size: number }[] }>('/v1/streams', {
    namespace,
  });
  for (const { stream, size } of streams) {
    let from: number | null = 0;
    let last = -1;
    while (from !== null) {
      const page: Lines = await api.get(`/v1/streams/${stream}/lines`, { from: String(from), namespace });
      for (const { seq, record, columns } of page.lines) {
        verifier.add(Buffer.from(record), (parsed) => {
          const column = differingColumn(columns, parsed);
          return column === null
            ? null
            : `the column ${column} beside the record is not what the record says`;
        });
        last = seq;
      }
      from = page.next;
    }
    if (last + 1 < size)
      verifier.unreadable(`the store counts ${size} records of ${stream}, and the last one there is ${last}`);
  }
  return verifier.finish();
}
