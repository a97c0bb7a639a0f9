import { Command } from 'commander';
import { addOperatorFlags, operatorOptions } from '../../operator/options.ts';
import type { Io } from '../io.ts';
import { runControlPlane } from '../run-control-plane.ts';

/** `kt operator`: the control plane over a cluster. */
export function operatorCommand(io: Io): Command {
  const command = new Command('operator').description(
    'Run the operator over a cluster, with its gateways as pods or on this machine',
  );
  return addOperatorFlags(command, { logLevel: 'warn' })
    .addHelpText(
      'after',
      `
The store is SQLite in the state folder, or the PostgreSQL that DATABASE_URL names. Credentials of gateways on this
machine are KT_SECRET_<NAME>_<KEY>, such as KT_SECRET_OPENAI_API_KEY for key api-key of Secret openai.

Examples:
  kt operator --local-gateways
  kt operator --kubeconfig ./kubeconfig --namespaces team-a,team-b --local-gateways`,
    )
    .action(() => runControlPlane(operatorOptions(command, io.env), io));
}
