/** Days since the epoch, UTC: the partitions of events. */
export type Day = number;

const DAY_MS = 86_400_000;

/** How far ahead of the clock an event may be dated. A gateway's clock may be minutes off, and may lie beyond midnight. */
const AHEAD_MS = 10 * 60_000;
/** How old an event may be when it comes; a spool keeps days, a restored volume may be older. */
const BACK_DAYS = 400;

/** Partitions are made this many days before they are needed, so that no append has to wait for one. */
const MADE_AHEAD = 7;

/**
 * The day under which an event is kept: its own, or that of `now` where its time cannot be believed. So one wrong clock
 * makes no partitions for another century. Both in milliseconds since the epoch.
 */
export function dayOfEvent(ts: number, now: number): Day {
  const today = Math.floor(now / DAY_MS);
  const day = Math.floor(ts / DAY_MS);
  return ts > now + AHEAD_MS || day < today - BACK_DAYS ? today : day;
}

/** The day of a time, within what dates can be written of. */
export function dayOf(ms: number): Day {
  return Math.floor(Math.min(Math.max(ms, 0), Date.UTC(9999, 11, 31)) / DAY_MS);
}

/** Today, the day before and those that come. */
export function daysToKeepReady(now: number): Day[] {
  const today = Math.floor(now / DAY_MS);
  return Array.from({ length: MADE_AHEAD + 2 }, (_, index) => today - 1 + index);
}

/** `2026-11-24` */
export function dateOf(day: Day): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** `events_20261124` */
export function partitionOf(day: Day): string {
  return `events_${dateOf(day).replaceAll('-', '')}`;
}
