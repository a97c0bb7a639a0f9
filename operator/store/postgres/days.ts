/** Days since the epoch, UTC: the partitions of events. */
export type Day = number;

const DAY_MS = 86_400_000;

/** How far ahead of the clock an event may be dated. */
const AHEAD_MS = 10 * 60_000;
/** How old an event may be when it comes. A spool keeps days; a volume that was brought back may be older. */
const BACK_DAYS = 400;
/** Partitions are made this many days before they are needed, so that no append has to wait for one. */
const MADE_AHEAD = 3;

export function dayOf(ms: number): Day {
  return Math.floor(ms / DAY_MS);
}

/**
 * The day under which an event is kept: its own, or that of `now` where its time cannot be believed, so that a wrong
 * clock makes no partitions for another century. Both in milliseconds since the epoch.
 */
export function dayOfEvent(ts: number, now: number): Day {
  const [day, today] = [dayOf(ts), dayOf(now)];
  return ts > now + AHEAD_MS || day < today - BACK_DAYS ? today : day;
}

/** Events of such a day come late, after lists have begun to take it as complete. */
export function isLate(day: Day, now: number): boolean {
  return day < dayOf(now) - 1;
}

/** The day before, today and those that come. */
export function daysToKeepReady(now: number): Day[] {
  return Array.from({ length: MADE_AHEAD + 2 }, (_, index) => dayOf(now) - 1 + index);
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** When the id of an event was made: `evt_` and a ULID. Null for others. */
export function dayOfId(id: string): Day | null {
  const [, time] = /^evt_([0-7][0-9A-HJKMNP-TV-Z]{9})/.exec(id) ?? [];
  if (time === undefined) return null;
  return dayOf([...time].reduce((ms, digit) => ms * 32 + CROCKFORD.indexOf(digit), 0));
}

/** `2026-11-24`; a day out of the range of dates is taken for the first or last one. */
export function dateOf(day: Day): string {
  const ms = Math.min(Math.max(day * DAY_MS, 0), Date.UTC(9999, 11, 31));
  return new Date(ms).toISOString().slice(0, 10);
}

/** `events_20261124` */
export function partitionOf(day: Day): string {
  return `events_${dateOf(day).replaceAll('-', '')}`;
}
