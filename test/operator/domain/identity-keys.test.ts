import { expect } from 'chai';
import { combineKeys } from '../../../operator/domain/identity-keys.ts';
import { policy } from './builders.ts';

const sha = (digit: string): string => digit.repeat(64);

describe('keys of several policies', () => {
  it('join, sorted by id, in the document’s words', () => {
    const { keys, conflicts } = combineKeys([
      policy('p', {
        identity: {
          keys: [{ id: 'b', sha256: sha('b'), useCase: 'search', expiresAt: '2030-01-01T00:00:00Z' }],
        },
      }),
      policy('q', { identity: { keys: [{ id: 'a', sha256: sha('a') }] } }),
    ]);
    expect(conflicts).to.deep.equal([]);
    expect(keys).to.deep.equal([
      { id: 'a', sha256: sha('a') },
      { id: 'b', sha256: sha('b'), use_case: 'search', expires_at: '2030-01-01T00:00:00Z' },
    ]);
  });

  it('permit what both policies permit where they hold the same key', () => {
    const key = { id: 'a', sha256: sha('a'), team: 'x' };
    const { keys } = combineKeys([
      policy('p', {
        identity: { keys: [{ ...key, models: ['m1', 'm2'], expiresAt: '2030-01-01T00:00:00Z' }] },
      }),
      policy('q', {
        identity: { keys: [{ ...key, models: ['m2', 'm3'], expiresAt: '2029-12-31T23:30:00-01:00' }] },
      }),
    ]);
    expect(keys).to.deep.equal([{ ...key, models: ['m2'], expires_at: '2030-01-01T00:00:00Z' }]);
  });

  it('are dropped where nothing is left that they may ask for', () => {
    const key = { id: 'a', sha256: sha('a') };
    const { keys } = combineKeys([
      policy('p', { identity: { keys: [{ ...key, models: ['m1'] }] } }),
      policy('q', { identity: { keys: [{ ...key, models: ['m2'] }] } }),
    ]);
    expect(keys).to.deep.equal([]);
  });

  it('conflict where one id means two keys or two callers, and the stronger policy’s stays', () => {
    const { keys, conflicts } = combineKeys([
      policy('p', { identity: { keys: [{ id: 'a', sha256: sha('a'), team: 'x' }] } }),
      policy('q', { identity: { keys: [{ id: 'a', sha256: sha('b'), team: 'x' }] } }),
      policy('r', { identity: { keys: [{ id: 'a', sha256: sha('a'), team: 'y' }] } }),
    ]);
    expect(keys).to.have.length(1);
    expect(keys[0]!.sha256).to.equal(sha('a'));
    expect(conflicts.map(({ dropped }) => dropped.name)).to.deep.equal(['q', 'r']);
  });
});
