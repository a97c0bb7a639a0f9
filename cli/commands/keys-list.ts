import { Command } from 'commander';
import type { EndpointFlags } from '../endpoint.ts';
import type { Io } from '../io.ts';
import { safeJson } from '../json.ts';
import { openKeyApi } from '../key-api.ts';
import { KEY_HEADER, type KeyView, keyRow } from '../key-view.ts';
import { formatTable } from '../table.ts';
import { addEndpointOptions, formatOption } from './options.ts';

interface Flags extends EndpointFlags {
  namespace?: string;
  gateway?: string;
  all?: true;
  format: 'table' | 'json';
}

/** `kt keys list`: every key in force, newest first. */
export function keysListCommand(io: Io): Command {
  const command = new Command('list')
    .description('List the keys of the control plane, newest first; values and hashes are never shown')
    .option('--namespace <name>', 'only those of this namespace')
    .option('--gateway <name>', 'only those that this gateway takes, with those of its whole namespace')
    .option('--all', 'revoked ones too')
    .addOption(formatOption());
  return addEndpointOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  kt keys list
  kt keys list --namespace shop --all
  kt keys list --format json | jq -r '.[] | select(.state == "expired") | .id'`,
    )
    .action(async (flags: Flags) => {
      const api = await openKeyApi(flags, io);
      const keys: KeyView[] = [];
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page: { keys: KeyView[]; next_cursor: string | null } = await api.get('/v1/keys', {
          namespace: flags.namespace,
          gateway: flags.gateway,
          revoked: flags.all === undefined ? undefined : 'true',
          cursor,
        });
        keys.push(...page.keys);
        cursor = page.next_cursor;
      }
      if (flags.format === 'json') io.out(`${safeJson(keys, 2)}\n`);
      else if (keys.length === 0) io.err("There are no keys. 'kt keys create' makes one.\n");
      else io.out(formatTable(KEY_HEADER, keys.map(keyRow)));
    });
}
