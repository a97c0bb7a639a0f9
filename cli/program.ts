import { Command, type CommanderError } from 'commander';
import { doctorCommand } from './commands/doctor.ts';
import { eventsListCommand } from './commands/events-list.ts';
import { eventsTailCommand } from './commands/events-tail.ts';
import { eventsVerifyCommand } from './commands/events-verify.ts';
import { gatewayRunCommand } from './commands/gateway-run.ts';
import { keysCreateCommand } from './commands/keys-create.ts';
import { keysListCommand } from './commands/keys-list.ts';
import { keysRevokeCommand } from './commands/keys-revoke.ts';
import { operatorCommand } from './commands/operator.ts';
import { policyLintCommand } from './commands/policy-lint.ts';
import { upCommand } from './commands/up.ts';
import { VERSION_LINE, versionCommand } from './commands/version.ts';
import { CliError, type Io } from './io.ts';

/** The whole command line. Each command is one file in `commands/`. */
export function createProgram(io: Io): Command {
  const program = new Command('kt').description(
    'AI governance as Kubernetes resources: run gateways, check policies, read what was decided.',
  );
  program.version(VERSION_LINE, '-V, --version', 'print the versions');
  program.addHelpText(
    'after',
    `
Examples:
  kt up -f config/samples/quickstart            gateways from a folder of resources
  kt operator --local-gateways                  gateways from the resources of a cluster
  kt gateway run --config policy-config.yaml    one gateway from one document
  kt policy lint --file policy-config.yaml      check a document
  kt events list --since 24h --format table     what was decided`,
  );
  program.addCommand(upCommand(io));
  program.addCommand(operatorCommand(io));
  program.addCommand(group('gateway', 'Run a gateway', [gatewayRunCommand(io)]));
  program.addCommand(group('policy', 'Check policy documents', [policyLintCommand(io)]));
  program.addCommand(
    group('events', 'Read and verify decision events', [
      eventsListCommand(io),
      eventsTailCommand(io),
      eventsVerifyCommand(io),
    ]),
  );
  program.addCommand(
    group('keys', 'Make, list and revoke the keys of callers', [
      keysCreateCommand(io),
      keysListCommand(io),
      keysRevokeCommand(io),
    ]),
  );
  program.addCommand(doctorCommand(io));
  program.addCommand(versionCommand(io));
  configure(program, io);
  return program;
}

function group(name: string, description: string, commands: Command[]): Command {
  const parent = new Command(name).description(description);
  for (const command of commands) parent.addCommand(command);
  return parent;
}

/** Output through `io`, and failures as CliError instead of an exit deep inside the library. */
function configure(command: Command, io: Io): void {
  command.configureOutput({ writeOut: io.out, writeErr: io.err });
  command.showHelpAfterError('(add --help for what there is)');
  command.exitOverride((error: CommanderError) => {
    throw new CliError('', error.exitCode === 0 ? 0 : 2);
  });
  for (const child of command.commands) configure(child, io);
}
