import { Command } from 'commander';
import { type DoctorFlags, runChecks } from '../doctor/checks.ts';
import { CliError, type Io } from '../io.ts';
import { formatTable } from '../table.ts';
import { addEndpointOptions, formatOption } from './options.ts';

/** `kt doctor`: goes from layer to layer and names the first that fails. Exit 0 when all is well, else 1. */
export function doctorCommand(io: Io): Command {
  const command = new Command('doctor')
    .description(
      'Check configuration, cluster, API, resources, gateways, providers and events, and name the layer that fails',
    )
    .option('--namespace <name>', 'look at what is of this namespace, where you have rights in it alone')
    .option('--config <file>', 'also check this policy-config.yaml')
    .addOption(formatOption());
  return addEndpointOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  kt doctor\n  kt doctor --context kind-kind --namespace team-a\n  kt doctor --config policy-config.yaml --format json',
    )
    .action(async (flags: DoctorFlags & { format: 'table' | 'json' }) => {
      const results = await runChecks(flags, io);
      const failed = results.filter((result) => result.status === 'failed');
      if (flags.format === 'json') {
        io.out(`${JSON.stringify({ healthy: failed.length === 0, checks: results }, null, 2)}\n`);
      } else {
        io.out(
          formatTable(
            ['LAYER', 'STATUS', 'DETAIL'],
            results.flatMap(({ layer, status, detail, others = [] }) => [
              [layer, status, detail],
              ...others.map((other) => ['', other.status, other.detail]),
            ]),
          ),
        );
      }
      const first = failed[0];
      if (first === undefined) return;
      const more = first.others === undefined ? '' : ` (and ${first.others.length} more, above)`;
      throw new CliError(
        flags.format === 'json' ? '' : `the ${first.layer} layer fails: ${first.detail}${more}`,
      );
    });
}
