import { Command } from 'commander';
import { addCommonFlags, type CommonFlags, folderOptions } from '../../operator/options.ts';
import type { Io } from '../io.ts';
import { runControlPlane } from '../run-control-plane.ts';

/** `kt up`: the control plane over a folder of resources, with the gateways as local processes. */
export function upCommand(io: Io): Command {
  const command = new Command('up')
    .description('Run gateways from a folder of resources, on this machine')
    .requiredOption('-f, --folder <dir>', 'folder of resources (YAML or JSON)');
  return addCommonFlags(command, { logLevel: 'warn' })
    .addHelpText(
      'after',
      '\nExamples:\n  kt up -f config/samples/quickstart\n  kt up -f ./governance --state-dir /var/lib/keeptrusts',
    )
    .action((flags: CommonFlags & { folder: string }) => runControlPlane(folderOptions(flags, io.env), io));
}
