import { expect } from 'chai';
import { loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { lintEntry } from '../contract/lint-entry.ts';
import { compile, lint } from './compile.ts';

const kinds = await loadKindContracts();

const codes = (stated: object, lone: boolean): string[] =>
  lint('audit-logger', stated, lone).map(({ code, path }) => `${code} ${path}`);

describe('audit-logger', () => {
  it('is a marker: it has no hook', () => {
    expect(compile('audit-logger')).to.deep.equal({});
  });

  it('says where the retention cannot be kept', () => {
    expect(codes({ retention_days: 365 }, true)).to.deep.equal(['W003 retention_days']);
    expect(codes({}, true)).to.deep.equal(['W003 retention_days']);
    expect(codes({ retention_days: 7 }, true)).to.deep.equal([]);
    expect(codes({ retention_days: 36500 }, false)).to.deep.equal([]);
    const longSpool = lintEntry({ kind: 'audit-logger', settings: { retention_days: 30 } }, kinds, {
      loneGateway: true,
      spoolDays: 30,
    });
    expect(longSpool).to.deep.equal([]);
  });

  it('says what cannot be switched off', () => {
    expect(codes({ retention_days: 1, immutable: false, log_all_access: false }, true)).to.deep.equal([
      'W012 immutable',
      'W012 log_all_access',
    ]);
  });
});
