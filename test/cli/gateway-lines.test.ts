import { expect } from 'chai';
import { linesForPeople } from '../../cli/gateway-lines.ts';
import { createLogger, faultFields } from '../../gateway/telemetry/logger.ts';

describe('linesForPeople', () => {
  function logged(write: (logger: ReturnType<typeof createLogger>) => void): string {
    let text = '';
    const people = {
      write: (line: string) => {
        text += linesForPeople(line, 'policy.yaml');
      },
    };
    write(createLogger({ gateway: 'default/local', instance: 'one' }, 'warn', people));
    return text;
  }

  it('prints the places of a refused document, then what was logged', () => {
    const problems = [
      { code: 'E015', severity: 'error', path: 'policy', line: 8, column: 25, message: 'must be block' },
      { code: 'W002', severity: 'warning', path: '', line: 1, column: 1, message: 'is open' },
    ];
    expect(logged((logger) => logger.error({ hash: 'h', problems }, 'policy config refused'))).to.equal(
      'policy.yaml:8:25: E015 must be block\npolicy.yaml:1:1: warning W002 is open\nError: policy config refused\n',
    );
  });

  it('prints a warning with a place as lint does, and one without as its message', () => {
    expect(logged((logger) => logger.warn({ code: 'W001', line: 3 }, 'is unused'))).to.equal(
      'policy.yaml:3: warning W001 is unused\n',
    );
    expect(logged((logger) => logger.warn({ target: 'real' }, 'cannot be used'))).to.equal(
      'Warning: cannot be used\n',
    );
  });

  it('says of something thrown what and where, and not its message, which may quote content', () => {
    const error = new RangeError('content');
    const text = logged((logger) =>
      logger.error({ where: 'exchange', ...faultFields(error) }, 'something failed'),
    );
    expect(text).to.match(
      /^Error: something failed: RangeError in exchange\n {4}at .*gateway-lines\.test\.ts/,
    );
    expect(text).to.not.contain('content');
  });
});
