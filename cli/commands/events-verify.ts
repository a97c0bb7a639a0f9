import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { type StreamHead, VERIFY_EXIT, type VerifyReport } from '../../gateway/contract/verify-lines.ts';
import { verifyPath } from '../../gateway/events/verify.ts';
import { createApiClient } from '../api.ts';
import type { EndpointFlags } from '../endpoint.ts';
import { CliError, type Io } from '../io.ts';
import { safeJson } from '../json.ts';
import { openEndpoint } from '../open-endpoint.ts';
import { spoolOf } from '../spool-folder.ts';
import { verifyApi } from '../verify-api.ts';
import { addEndpointOptions, formatOption } from './options.ts';

interface Flags extends EndpointFlags {
  head?: string;
  namespace?: string;
  allowPruned?: true;
  allowUnanchored?: true;
  format: 'table' | 'json';
}

/** `kt events verify`: 0 ok, 1 tampered, 2 incomplete, 3 fits together but nothing outside says it is all, 4 unreadable. */
export function eventsVerifyCommand(io: Io): Command {
  const command = new Command('verify')
    .argument(
      '[path]',
      "a spool folder, a state folder with one, or a file of records, one a line; without it the API's store",
    )
    .description('Verify the hash chain of the recorded events')
    .option('--head <file>', 'JSON with stream, size and head of each stream, kept where the records are not')
    .option('--namespace <name>', "only what the API's store has of this namespace")
    .option('--allow-pruned', 'a stream may begin after its first record')
    .option('--allow-unanchored', 'exit 0 also without an outside head')
    .addOption(formatOption());
  return addEndpointOptions(command)
    .addHelpText(
      'after',
      `
Exit codes: 0 verified, 1 tampered, 2 incomplete, 3 not anchored, 4 unreadable

Examples:
  kt events verify
  kt events verify .keeptrusts/gateway/spool
  kt events verify events.jsonl --head heads.json`,
    )
    .action(async (path: string | undefined, flags: Flags) => {
      const options = {
        ...(flags.head !== undefined && { heads: readHeads(flags.head) }),
        ...(flags.allowPruned !== undefined && { allowPruned: true }),
      };
      const report = await orUnreadable(async () => {
        const endpoint = path === undefined ? await openEndpoint(flags, io) : null;
        const where = path === undefined ? endpoint?.spool : spoolOf(path, flags.head !== undefined);
        return where !== undefined
          ? verifyPath(where, options)
          : verifyApi(createApiClient(endpoint!), options, flags.namespace);
      });
      if (flags.format === 'json') io.out(`${safeJson(report, 2)}\n`);
      else print(report, io);
      const exit = report.result === 'not_anchored' && flags.allowUnanchored ? 0 : VERIFY_EXIT[report.result];
      if (exit !== 0) throw new CliError('', exit);
    });
}

/** Records that an API does not give are unreadable: the exit code of what failed in general here means tampered. */
async function orUnreadable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== 1) throw error;
    throw new CliError(error.message, VERIFY_EXIT.unreadable);
  }
}

function print(report: VerifyReport, io: Io): void {
  for (const stream of report.streams) {
    io.out(`stream ${stream.stream}: records ${stream.first} to ${stream.size - 1}, head ${stream.head}\n`);
  }
  for (const problem of report.problems) {
    const place =
      problem.stream === null
        ? ''
        : `${problem.stream}${problem.seq === null ? '' : ` seq ${problem.seq}`}: `;
    io.out(`${problem.result}: ${place}${problem.message}\n`);
    if (problem.expected !== undefined)
      io.out(`    expected ${problem.expected}\n    found    ${problem.found}\n`);
  }
  io.out(`${report.records} records: ${WORDS[report.result]}\n`);
}

const WORDS: Readonly<Record<VerifyReport['result'], string>> = {
  ok: 'verified against the outside head',
  not_anchored: 'the chain verifies; not anchored: nothing outside says that these are all (give --head)',
  incomplete: 'incomplete',
  tampered: 'TAMPERED',
  unreadable: 'unreadable',
};

function readHeads(file: string): StreamHead[] {
  try {
    const parsed = JSON.parse(readFileSync(file, 'utf8'));
    const heads: StreamHead[] = Array.isArray(parsed) ? parsed : parsed.streams;
    if (
      heads.every(
        ({ stream, size, head }) =>
          typeof stream === 'string' && Number.isInteger(size) && /^sha256:[0-9a-f]{64}$/.test(head),
      )
    ) {
      return heads;
    }
  } catch {}
  throw new CliError(
    `--head: ${file} is no list of {stream, size, head}. 'kt events verify --format json' prints one as .streams.`,
    VERIFY_EXIT.unreadable,
  );
}
