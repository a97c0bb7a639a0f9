interface Line {
  code?: unknown;
  column?: unknown;
  line?: unknown;
  level?: unknown;
  message?: unknown;
  msg?: unknown;
  problems?: unknown;
  severity?: unknown;
}

/** Pino's number of a warning; errors are above. */
const WARN = 40;

/**
 * A line of the gateway's log as people read it: the places of a refused document as `kt policy lint` prints them,
 * anything else as its message.
 * @param file of the policy config, for the places in it
 */
export function linesForPeople(json: string, file: string | null): string {
  const entry: Line = JSON.parse(json);
  const problems = Array.isArray(entry.problems) ? (entry.problems as Line[]) : [];
  const places = problems.map((problem) => `${placed(problem, String(problem.message), file)}\n`);
  const kind = typeof entry.level === 'number' && entry.level > WARN ? 'Error' : 'Warning';
  const message = String(entry.msg);
  const own = entry.line === undefined ? `${kind}: ${message}` : placed(entry, message, file, 'warning ');
  return `${places.join('')}${own}\n`;
}

function placed(
  { line, column, code, severity }: Line,
  message: string,
  file: string | null,
  kind = '',
): string {
  const place = [file, line, column].filter((part) => part !== null && part !== undefined).join(':');
  return `${place}: ${severity === 'warning' ? 'warning ' : kind}${String(code)} ${message}`;
}
