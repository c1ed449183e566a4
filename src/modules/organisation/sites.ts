import { z } from 'zod';
import type { Context } from '#src/platform/context.ts';
import { event } from '#src/platform/events/event.ts';
import { publish, transaction } from '#src/platform/events/publish.ts';
import { newId } from '#src/platform/ids.ts';
import { type Refused, refuse } from '#src/platform/refusal.ts';
import type { Site } from './contract.ts';
import { insertSite, type SiteRow, siteById, siteHasTeams, updateSite } from './queries.ts';
import { isTimeZone } from './zone.ts';

export const siteChanged = event(
  'site.changed',
  z.object({ by: z.uuid().optional(), changed: z.record(z.string(), z.unknown()) }),
);

export function siteView(row: SiteRow): Site {
  return {
    id: row.id,
    name: row.name,
    timeZone: row.time_zone,
    active: row.active,
    version: row.version,
  };
}

/** A place where people work. */
export async function createSite(
  ctx: Context,
  draft: { name: string; timeZone: string },
  by?: string,
): Promise<Refused<SiteRow>> {
  if (!isTimeZone(draft.timeZone)) return refuse('time-zone-unknown');
  const at = ctx.clock.now();
  const id = newId(at);
  return transaction<Refused<SiteRow>>(ctx, async (tx) => {
    const row = await insertSite(tx.sql, { id, ...draft, at });
    await publish(tx, siteChanged, {
      stream: id,
      clientId: null,
      at,
      body: { ...(by === undefined ? {} : { by }), changed: { ...draft } },
    });
    return row;
  });
}

/** Changes a site, or takes it out of use once no team in use is there any more. */
export async function changeSite(
  ctx: Context,
  id: string,
  { version, ...change }: { name?: string; timeZone?: string; active?: boolean; version: number },
  by?: string,
): Promise<Refused<SiteRow>> {
  if (change.timeZone !== undefined && !isTimeZone(change.timeZone)) return refuse('time-zone-unknown');
  return transaction<Refused<SiteRow>>(ctx, async (tx) => {
    if ((await siteById(tx.sql, id)) === undefined) return refuse('not-found');
    const row = await updateSite(tx.sql, id, version, change);
    if (row === undefined) return refuse('changed-meanwhile');
    if (change.active === false && (await siteHasTeams(tx.sql, id))) return refuse('site-in-use');
    await publish(tx, siteChanged, {
      stream: id,
      clientId: null,
      at: ctx.clock.now(),
      body: { ...(by === undefined ? {} : { by }), changed: change },
    });
    return row;
  });
}
