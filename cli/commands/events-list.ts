import { Command } from 'commander';
import { createApiClient } from '../api.ts';
import type { EndpointFlags } from '../endpoint.ts';
import { EVENT_HEADER, type EventPage, type EventRecord, eventRow } from '../event-table.ts';
import type { Io } from '../io.ts';
import { safeJson } from '../json.ts';
import { openEndpoint } from '../open-endpoint.ts';
import { formatTable } from '../table.ts';
import {
  addEndpointOptions,
  addEventFilters,
  type EventFilterFlags,
  eventParameters,
  formatOption,
  limitOf,
} from './options.ts';

const PAGE = 500;

/** `kt events list`: in order of recording, newest first; as many pages as `--limit` needs. */
export function eventsListCommand(io: Io): Command {
  const command = new Command('list').description('List decision events in order of recording, newest first');
  addEventFilters(command)
    .option('--limit <n>', 'at most so many events', '50')
    .option('--count', 'print the number of events alone')
    .addOption(formatOption());
  return addEndpointOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  kt events list --since 24h --format table
  kt events list --decision block --since 7d
  kt events list --since 7d --provider openai --format json | jq '.[] | {model, latency_ms, cost, status}'`,
    )
    .action(
      async (
        flags: EventFilterFlags & EndpointFlags & { limit: string; count?: true; format: 'table' | 'json' },
      ) => {
        const filter = eventParameters(flags, io.now());
        const wanted = limitOf(flags.limit);
        const api = createApiClient(await openEndpoint(flags, io));
        if (flags.count) {
          io.out(`${(await api.get<{ count: number }>('/v1/events', { ...filter, count: 'true' })).count}\n`);
          return;
        }
        const events: EventRecord[] = [];
        let cursor: string | undefined;
        while (events.length < wanted) {
          const page: EventPage = await api.get('/v1/events', {
            ...filter,
            limit: String(Math.min(PAGE, wanted - events.length)),
            cursor,
          });
          events.push(...page.events);
          if (page.next_cursor === null) break;
          cursor = page.next_cursor;
        }
        if (flags.format === 'json') io.out(`${safeJson(events, 2)}\n`);
        else if (events.length === 0) io.err('No events match.\n');
        else io.out(formatTable(EVENT_HEADER, events.map(eventRow)));
      },
    );
}
