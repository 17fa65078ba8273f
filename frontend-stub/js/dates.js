/** Days and instants as people of the store's place say them. A day is "2026-12-04", an instant ends in Z. */

import { meta } from "./dom.js";

const timeZone = meta("store-zone") || undefined;
const DAY_MS = 24 * 60 * 60 * 1000;

const format = (options) => new Intl.DateTimeFormat("en-IN", options);
const instant = format({ timeZone, day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const moment = format({ timeZone, weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const localDay = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
const longDay = format({ timeZone: "UTC", weekday: "long", day: "numeric", month: "long" });
const longDayOfYear = format({ timeZone: "UTC", weekday: "long", day: "numeric", month: "long", year: "numeric" });
const part = (options) => { const made = format({ timeZone: "UTC", ...options }); return (day) => made.format(asUtc(day)); };

/** A day has no time and no zone; as midnight in UTC it can be counted and formatted without gaining one. */
const asUtc = (day) => new Date(`${day}T00:00:00Z`);

export const formatInstant = (text) => instant.format(new Date(text));

/** "Mon, 30 Nov, 6:00 am": near enough that the weekday helps more than the year. */
export const formatMoment = (text) => moment.format(new Date(text));

/** "Friday, 4 December", with the year where it is another than this. */
export function formatDay(day) {
  const isThisYear = day.slice(0, 4) === today().slice(0, 4);
  return (isThisYear ? longDay : longDayOfYear).format(asUtc(day));
}

/** "5 Dec": where there is room for no more. */
export const shortDay = part({ day: "numeric", month: "short" });
export const weekdayOf = part({ weekday: "short" });
export const dayOf = part({ day: "numeric" });
export const monthOf = part({ month: "short" });

/** Today where the store is, by this device's clock: good enough to propose, the API has the last word. */
export const today = () => localDay.format(new Date());

export const daysAfter = (day, count) => new Date(asUtc(day).getTime() + count * DAY_MS).toISOString().slice(0, 10);
