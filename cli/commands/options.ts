import { type Command, Option } from 'commander';
import { EventQueryError, parseEventQuery } from '../../gateway/contract/event-query.ts';
import { CliError } from '../io.ts';

/** The options by which a command finds its API. */
export function addEndpointOptions(command: Command): Command {
  return command
    .option('--api-url <url>', 'address of the API (KEEPTRUSTS_API_URL)')
    .option('--api-token <token>', 'its bearer token (KEEPTRUSTS_API_TOKEN)')
    .option(
      '--context <name>',
      'context of a kubeconfig: reach the API in that cluster, by a port that kubectl forwards unless --api-url names its address, with the token of the kubeconfig',
    )
    .option('--kubeconfig <file>', 'the kubeconfig (default: KUBECONFIG, then ~/.kube/config)')
    .option(
      '--as-service-account <namespace/name>',
      'show a token of this ServiceAccount, which is asked for: where the kubeconfig holds a certificate',
    )
    .option(
      '--state-dir <dir>',
      "state folder of a running 'kt up' or 'kt gateway run' (KEEPTRUSTS_STATE_DIR; default: .keeptrusts)",
    );
}

export function formatOption(): Option {
  return new Option('--format <format>', 'output form').choices(['table', 'json']).default('table');
}

export interface EventFilterFlags {
  since?: string;
  until?: string;
  decision?: string;
  verdict?: string;
  provider?: string;
  model?: string;
  team?: string;
  namespace?: string;
  gateway?: string;
  policy?: string;
  requestId?: string;
}

export function addEventFilters(command: Command): Command {
  return command
    .option('--since <time>', 'from this time on: 5m, 24h, 7d or an RFC 3339 time')
    .option('--until <time>', 'before this time')
    .option('--decision <verdicts>', 'allow, block, redact, escalate; several by commas')
    .option('--verdict <verdicts>', 'another word for --decision')
    .option('--provider <name>', 'vendor that answered')
    .option('--model <name>', 'model that answered')
    .option('--team <name>', 'team of the caller')
    .option('--namespace <name>', 'namespace of the gateway')
    .option('--gateway <name>', 'name of the gateway')
    .option('--policy <id>', 'entry that decided')
    .option('--request-id <id>', 'the x-request-id of one request');
}

/**
 * The flags as parameters of `GET /v1/events`, checked as the API would. `now` is in milliseconds since the epoch.
 * @throws CliError that names the flag
 */
export function eventParameters(flags: EventFilterFlags, now: number): Record<string, string | undefined> {
  const { since, until, decision, verdict, provider, model, team, namespace, gateway, policy } = flags;
  const request_id = flags.requestId;
  const parameters = {
    since,
    until,
    decision,
    verdict,
    provider,
    model,
    team,
    namespace,
    gateway,
    policy,
    request_id,
  };
  const stated = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);
  try {
    parseEventQuery(new URLSearchParams(stated), now);
  } catch (error) {
    if (!(error instanceof EventQueryError)) throw error;
    // Both words mean one parameter.
    const word = error.parameter === 'decision' && decision === undefined ? 'verdict' : error.parameter;
    throw new CliError(`--${word}${error.message.slice(error.parameter.length)}`, 2);
  }
  return parameters;
}

/** The number of `--limit`, which may be more than one page. @throws CliError */
export function limitOf(text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= 1) return Number(text);
  throw new CliError(`--limit: '${text}' is not a whole number from 1 up.`, 2);
}
