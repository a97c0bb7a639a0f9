import { Command } from 'commander';
import type { EndpointFlags } from '../endpoint.ts';
import { CliError, type Io } from '../io.ts';
import { safeJson } from '../json.ts';
import { openKeyApi } from '../key-api.ts';
import type { KeyView } from '../key-view.ts';
import { addEndpointOptions, formatOption } from './options.ts';

/** `kt keys revoke`: ends keys for good. Exit 1 where one could not be revoked; the others are all the same. */
export function keysRevokeCommand(io: Io): Command {
  const command = new Command('revoke')
    .description('Revoke keys for good: every gateway refuses them within two seconds')
    .argument('<id...>', "ids, as 'kt keys list' and events show them, or the beginning of a value: kt_gk_ID")
    .addOption(formatOption());
  return addEndpointOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  kt keys revoke R90qxiuP7i
  kt keys list --namespace shop --format json | jq -r '.[].id' | xargs kt keys revoke`,
    )
    .action(async (args: string[], flags: EndpointFlags & { format: 'table' | 'json' }) => {
      const ids = args.map(idOf);
      const api = await openKeyApi(flags, io);
      const revoked: KeyView[] = [];
      const failures: string[] = [];
      for (const id of ids) {
        try {
          revoked.push((await api.send<{ key: KeyView }>('DELETE', `/v1/keys/${id}`)).key);
        } catch (error) {
          if (!(error instanceof CliError)) throw error;
          failures.push(error.message);
        }
      }
      if (flags.format === 'json') io.out(`${safeJson(revoked, 2)}\n`);
      else for (const { id, namespace } of revoked) io.out(`revoked ${id} of namespace ${namespace}\n`);
      if (failures.length > 0) throw new CliError(failures.join('\nkt: '));
    });
}

/** Of a value only the id leaves this machine. @throws CliError that does not quote what may be a secret */
function idOf(text: string): string {
  const [, id] = /^(?:kt_gk_)?([0-9A-Za-z]{10})(?:_\w*)?$/.exec(text) ?? [];
  if (id === undefined) throw new CliError("an id is ten letters and digits; 'kt keys list' shows them.", 2);
  return id;
}
