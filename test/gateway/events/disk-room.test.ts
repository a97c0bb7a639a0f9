import { readdirSync, rmSync } from 'node:fs';
import { expect } from 'chai';
import { FILE_CALLS } from '../../../gateway/events/append-file.ts';
import { DiskRoom } from '../../../gateway/events/disk-room.ts';
import { tempFolder } from './fixtures.ts';

describe('the room of a disk that refused a write', () => {
  let folder: ReturnType<typeof tempFolder>;
  let now: number;
  let left: number;
  let tries: number;
  let room: DiskRoom;
  beforeEach(() => {
    folder = tempFolder();
    [now, left, tries] = [1_000_000, Number.POSITIVE_INFINITY, 0];
    room = new DiskRoom({
      dir: folder.dir,
      clock: () => now,
      calls: {
        write(fd, buffer, offset, length) {
          // What is written has no name: a process that dies here leaves nothing.
          expect(readdirSync(folder.dir)).to.deep.equal([]);
          if (offset === 0) tries += 1;
          const bytes = Math.min(length, left, 100_000);
          if (bytes === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
          left -= bytes;
          return FILE_CALLS.write(fd, buffer, offset, bytes);
        },
        truncate: FILE_CALLS.truncate,
      },
    });
  });
  afterEach(() => folder.remove());

  it('is not asked before a refusal', () => {
    expect([room.lacking, room.answers(), tries]).to.deep.equal([false, false, 0]);
  });

  it('is asked once a second, and lacks until it is found', () => {
    expect([room.refused(), room.refused()]).to.deep.equal([true, false]);
    left = 200_000;
    expect([room.answers(), tries]).to.deep.equal([false, 0]);
    now += 1000;
    expect([room.answers(), room.answers(), tries]).to.deep.equal([false, false, 1]);
    left = Number.POSITIVE_INFINITY;
    now += 1000;
    expect([room.answers(), room.lacking, tries]).to.deep.equal([true, true, 2]);
    room.found();
    expect([room.answers(), room.lacking, tries]).to.deep.equal([false, false, 2]);
    expect(room.refused()).to.equal(true);
  });

  it('is asked at once after something was deleted, or the clock was set back', () => {
    room.refused();
    room.freed();
    expect(room.answers()).to.equal(true);
    now -= 3_600_000;
    expect(room.answers()).to.equal(true);
  });

  it('is none where the folder is gone', () => {
    room.refused();
    rmSync(folder.dir, { recursive: true });
    now += 1000;
    expect(room.answers()).to.equal(false);
  });
});
