import type { Choice } from '#web/ui/find.ts';

// Time zones by their IANA names, with what their clocks are ahead of UTC at a moment.

/** UTC+01:00 at a moment; undefined for what is no zone here. */
export function offsetWords(timeZone: string, at: number): string | undefined {
  try {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone, timeZoneName: 'longOffset' });
    const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
    return name === 'GMT' ? 'UTC+00:00' : name.replace('GMT', 'UTC');
  } catch {
    return undefined; // the browser says so by a RangeError, and has no other way to be asked
  }
}

/** 14:08, on the clocks there; undefined for what is no zone here. */
export function clockThere(timeZone: string, at: number): string | undefined {
  if (offsetWords(timeZone, at) === undefined) return undefined;
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(at);
}

/** The zone of whoever sits here. */
export const zoneHere = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** All zones that this browser knows, UTC, and the one that is chosen, which may bear an older name. */
export function zoneChoices(chosen: string, at: number): Choice[] {
  const names = new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', chosen].filter((name) => name !== ''));
  return [...names].sort().map((name) => {
    const second = offsetWords(name, at);
    return {
      value: name,
      label: name.replaceAll('_', ' '),
      ...(second === undefined ? {} : { second }),
    };
  });
}
