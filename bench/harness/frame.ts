import type { RawData } from 'ws';

/** The text of a frame. `ws` hands over one Buffer unless told otherwise. */
export function textOf(data: RawData): string {
  return (data as Buffer).toString('utf8');
}
