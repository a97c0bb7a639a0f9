import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { parseTime } from '../../gateway/contract/event-query.ts';
import { createApiClient } from '../api.ts';
import type { EndpointFlags } from '../endpoint.ts';
import { type EventPage, eventRow } from '../event-table.ts';
import { CliError, type Io } from '../io.ts';
import { safeJson } from '../json.ts';
import { openEndpoint } from '../open-endpoint.ts';
import {
  addEndpointOptions,
  addEventFilters,
  type EventFilterFlags,
  eventParameters,
  limitOf,
} from './options.ts';

/** Milliseconds between two looks for new events. */
const POLL_MS = 500;
/** An event is listed a little after its time: so long after `--until` it is still looked for. */
const LATE_MS = 2_000;
/** An API that is away is asked again after so long. */
const AWAY_MS = 2_000;

/** `kt events tail`: prints events as they come, until it is stopped or `--until` has passed. */
export function eventsTailCommand(io: Io): Command {
  const command = new Command('tail').description('Print decision events as they come');
  addEventFilters(command)
    .option('--limit <n>', 'stop after so many events')
    .option('--json', 'one JSON object a line');
  return addEndpointOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  kt events tail\n  kt events tail --since 5m --decision block --json',
    )
    .action(async (flags: EventFilterFlags & EndpointFlags & { limit?: string; json?: true }) => {
      const begin = io.now();
      const { since, until, ...filter } = eventParameters(flags, begin);
      // Fixed at the start: a relative time would move on from call to call.
      const from = since === undefined ? begin : parseTime('since', since, begin);
      const end = until === undefined ? Number.POSITIVE_INFINITY : parseTime('until', until, begin);
      if (end <= from) {
        const start = since === undefined ? 'the start of this command' : '--since';
        throw new CliError(`--until: '${until}' is not after ${start}: no event can lie between.`, 2);
      }
      const times = {
        since: new Date(from).toISOString(),
        ...(until !== undefined && { until: new Date(end).toISOString() }),
      };
      let left = flags.limit === undefined ? Number.POSITIVE_INFINITY : limitOf(flags.limit);
      const api = createApiClient(await openEndpoint(flags, io));
      let cursor: string | undefined;
      let reached = false;
      while (!io.stop.aborted) {
        const isLast = io.now() >= end + LATE_MS;
        let page: EventPage;
        try {
          page = await api.get('/v1/events', { ...filter, ...times, order: 'oldest', limit: '500', cursor });
          reached = true;
        } catch (error) {
          if (!reached || !(error instanceof CliError)) throw error;
          io.err(`${error.message} Trying again.\n`);
          await pause(AWAY_MS, io.stop);
          continue;
        }
        cursor = page.next_cursor ?? cursor;
        for (const event of page.events) {
          io.out(
            flags.json
              ? `${safeJson(event)}\n`
              : `${eventRow(event)
                  .join('  ')
                  .replace(/\p{Cc}/gu, '?')}\n`,
          );
          left -= 1;
          if (left === 0) return;
        }
        if (page.events.length > 0) continue;
        if (isLast) return;
        await pause(POLL_MS, io.stop);
      }
    });
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
}
