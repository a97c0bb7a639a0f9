import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { createKey } from '../../gateway/contract/key-format.ts';
import { defined } from '../../gateway/contract/plain.ts';
import { createApiClient } from '../api.ts';
import { contextNamespace } from '../cluster-token.ts';
import { type Endpoint, type EndpointFlags, NoApiError } from '../endpoint.ts';
import { CliError, type Io } from '../io.ts';
import { safeJson } from '../json.ts';
import type { KeyView } from '../key-view.ts';
import { openEndpoint } from '../open-endpoint.ts';
import { addEndpointOptions, formatOption } from './options.ts';

interface Flags extends EndpointFlags {
  namespace?: string;
  gateway?: string;
  team?: string;
  project?: string;
  user?: string;
  useCase?: string;
  models?: string[];
  expiresIn?: string;
  note?: string;
  entry?: true;
  format: 'table' | 'json';
}

const UNITS_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const ONCE = 'This is the only time that the key is shown.';

/** `kt keys create`: makes a key in the control plane, or prints the entry for a policy config where there is none. */
export function keysCreateCommand(io: Io): Command {
  const command = new Command('create')
    .description('Make a key for a caller: its value is shown once, only its hash is kept')
    .option(
      '--namespace <name>',
      "namespace whose gateways take it (default: the context's where a cluster is named, else default)",
    )
    .option('--gateway <name>', 'only this gateway of the namespace')
    .option('--team <name>', 'team of whoever uses it')
    .option('--project <name>', 'project')
    .option('--user <id>', 'user')
    .option('--use-case <name>', 'use case')
    .option('--models <names...>', 'only these models; several by commas or spaces')
    .option('--expires-in <time>', 'how long it works: 30m, 12h or 90d (default: for ever)')
    .option('--note <text>', 'a line that lists show')
    .option('--entry', 'keep it nowhere: print its entry for identity.keys of a policy config')
    .addOption(formatOption());
  return addEndpointOptions(command)
    .addHelpText(
      'after',
      `
Without a running control plane the entry for a policy config is printed, as with --entry.

Examples:
  kt keys create --team payments
  kt keys create --namespace shop --gateway default --models gpt-4o-mini,gpt-4o --expires-in 90d
  export OPENAI_API_KEY=$(kt keys create --user ann 2>/dev/null)
  kt keys create --entry --team data`,
    )
    .action(async (flags: Flags) => {
      const caller = {
        team: flags.team,
        project: flags.project,
        user: flags.user,
        use_case: flags.useCase,
        models: flags.models?.flatMap((names) => names.split(',')).filter((name) => name !== ''),
        expires_at: flags.expiresIn === undefined ? undefined : expiry(flags.expiresIn, io.now()),
      };
      const endpoint = await controlPlane(flags, io);
      if (endpoint === null) return printEntry(defined(caller), flags, io);
      const namespace = flags.namespace ?? (await contextNamespace(flags)) ?? 'default';
      const { gateway, note } = flags;
      const wish = defined({ namespace, gateway, note, ...caller });
      const api = createApiClient(endpoint);
      const made = await api.send<{ value: string; key: KeyView }>('POST', '/v1/keys', wish);
      if (flags.format === 'json') return io.out(`${safeJson(made, 2)}\n`);
      io.out(`${made.value}\n`);
      const { id, gateway: only } = made.key;
      const where =
        only === null ? `Every gateway of namespace ${namespace}` : `Gateway ${namespace}/${only}`;
      io.err(`${ONCE} ${where} takes it; 'kt keys revoke ${id}' ends it.\n`);
    });
}

/** Null where the key is to go into a document. @throws CliError */
async function controlPlane(flags: Flags, io: Io): Promise<Endpoint | null> {
  const needed = (['namespace', 'gateway', 'note'] as const).find((name) => flags[name] !== undefined);
  let endpoint: Endpoint | null = null;
  if (flags.entry === undefined) {
    try {
      endpoint = await openEndpoint(flags, io);
    } catch (error) {
      const named = flags.stateDir ?? io.env['KEEPTRUSTS_STATE_DIR'];
      if (!(error instanceof NoApiError) || named !== undefined || needed !== undefined) throw error;
    }
  }
  if (endpoint !== null && endpoint.kind === 'control-plane') return endpoint;
  if (needed === undefined) return null;
  throw new CliError(`--${needed}: only the keys of a control plane have one, not those of a document.`, 2);
}

function printEntry(caller: object, { format }: Flags, io: Io): void {
  const { value, id, sha256 } = createKey(randomBytes);
  const entry = { id, sha256, ...caller };
  if (format === 'json') {
    io.out(`${safeJson({ value, entry }, 2)}\n`);
    return;
  }
  io.out(`${value}\n`);
  io.err(`${ONCE} Add its entry to the policy config:\n`);
  io.out(`\nidentity:\n  keys:\n${indent(stringify([entry]))}`);
}

function expiry(value: string, now: number): string {
  const [, number, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(value) ?? [];
  if (number === undefined)
    throw new CliError(`--expires-in: '${value}' is no time such as 30m, 12h or 90d.`, 2);
  return new Date(now + Number(number) * UNITS_MS[unit as keyof typeof UNITS_MS]).toISOString();
}

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '    ');
