interface Line {
  at?: unknown;
  code?: unknown;
  column?: unknown;
  line?: unknown;
  level?: unknown;
  message?: unknown;
  msg?: unknown;
  name?: unknown;
  problems?: unknown;
  severity?: unknown;
  where?: unknown;
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
  const message = `${String(entry.msg)}${thrown(entry)}`;
  const own = entry.line === undefined ? `${kind}: ${message}` : placed(entry, message, file, 'warning ');
  return `${places.join('')}${own}\n`;
}

/** What was thrown, without its message, which may quote content. */
function thrown({ name, at, where }: Line): string {
  if (typeof name !== 'string' || !Array.isArray(at)) return '';
  const place = typeof where === 'string' ? ` in ${where}` : '';
  return [`: ${name}${place}`, ...at.map(String)].join('\n    ');
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
