import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { safeJson } from '../../cli/json.ts';
import { lockFolder } from '../../gateway/events/lock.ts';
import { lockState } from '../../operator/local/state-lock.ts';

describe('issue: locks that all could read, and control characters on a terminal', () => {
  it('lock files are for their owner alone', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kt-lock-'));
    const locks = [lockFolder(dir), lockState(dir)];
    for (const name of ['lock', 'control-plane.lock'])
      expect(statSync(join(dir, name)).mode & 0o777).to.equal(0o600);
    for (const lock of locks) lock.release();
    rmSync(dir, { recursive: true });
  });

  it('JSON for a terminal holds no character that it obeys, and says the same', () => {
    const value = { team: 'a\u009b31m\u007f\u202e\u001b[2J' };
    const text = safeJson(value, 2);
    expect(text.replaceAll('\n', '')).to.match(/^[\x20-\x7e]*$/);
    expect(JSON.parse(text)).to.deep.equal(value);
  });
});
