// What the browser sees of the organisation: where people work, with whom, and when customers are answered.

export interface Site {
  id: string;
  name: string;
  /** An IANA name, such as Europe/Paris. */
  timeZone: string;
  active: boolean;
  version: number;
}

export interface Team {
  id: string;
  siteId: string;
  nameEn: string;
  nameFr: string;
  /** Ids of the people in it, of those that the reader may know of. */
  members: string[];
  active: boolean;
  version: number;
}

/** Times of day, HH:MM, `to` also 24:00. One that ends at or before its beginning goes on into the next day. */
export interface DayInterval {
  from: string;
  to: string;
}

export interface WeekInterval extends DayInterval {
  /** 1 (Monday) to 7. */
  day: number;
}

/** A day unlike its week: closed when it has no intervals, else open in these alone. It wins over holidays and the week. */
export interface OpeningException {
  /** yyyy-mm-dd */
  day: string;
  intervals: DayInterval[];
  /** What is told while it is closed; empty: what the calendar tells. */
  messageEn: string;
  messageFr: string;
}

/** Closed from `at` for the rest of that day. */
export interface ClosedEarly {
  at: string;
  by: string | null;
  reason: string;
  messageEn: string;
  messageFr: string;
}

export interface OpeningHours {
  id: string;
  /** None: common to all clients. */
  clientId: string | null;
  name: string;
  timeZone: string;
  weekly: WeekInterval[];
  /** Whose public holidays are closed days: a country, with or without its part, such as FR or CH-GE. */
  holidayRegion: string | null;
  /** Keys of those holidays on which the week goes on. */
  holidaysWorked: string[];
  /** What customers are told while it is closed. */
  messageEn: string;
  messageFr: string;
  /** From a year ago on, by day. */
  exceptions: OpeningException[];
  /** None also when the day is over for which it was said. */
  closedEarly: ClosedEarly | null;
  /** At the moment of reading. */
  open: boolean;
  /** When that changes next; none within the next hundred days. */
  changesAt: string | null;
  version: number;
}

export interface Holiday {
  /** yyyy-mm-dd */
  day: string;
  /** The rule that makes it one: the same each year. */
  key: string;
  nameEn: string;
  nameFr: string;
}

export interface HolidayRegion {
  /** FR, CH-GE */
  code: string;
  nameEn: string;
  nameFr: string;
}
