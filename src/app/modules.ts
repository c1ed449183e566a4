import { chatRoutes, createChatLive, createReceiver, tellBeforeContact } from '#src/channels/chat/index.ts';
import { clientRoutes } from '#src/modules/clients/index.ts';
import { competencyRoutes } from '#src/modules/competencies/index.ts';
import { createLineWriter, interactionRoutes } from '#src/modules/interactions/index.ts';
import { holidayPool, organisationRoutes } from '#src/modules/organisation/index.ts';
import { createActors, createNames } from '#src/modules/people/index.ts';
import { createPresenceKeeper } from '#src/modules/presence/index.ts';
import { createChecker, createRouting, momentPool } from '#src/modules/routing/index.ts';
import { createBlobs } from '#src/platform/blobs/blobs.ts';
import type { BlobKeeper } from '#src/platform/blobs/keeper.ts';
import type { Context } from '#src/platform/context.ts';
import { createDispatcher } from '#src/platform/events/dispatcher.ts';
import { createJobs } from '#src/platform/jobs/jobs.ts';
import type { Route } from '#src/platform/route/route.ts';
import { floorRoutes } from './floor.ts';
import { jobRoutes } from './job-routes.ts';
import { jobsOf } from './jobs.ts';
import { createStaffLive } from './live.ts';
import { peopleSeenBy, seesPerson } from './people-seen.ts';
import { reactions } from './reactions.ts';
import { ownOrigins } from './server.ts';
import { staffRoutes } from './staff-routes.ts';
import { askedNamesIn } from './work.ts';

/**
 * Everything the program consists of, made once and handed to each other.
 *
 * @param alone the data folder is this program's own, so no other node can be running
 */
export function createModules(
  ctx: Context,
  { alone, publicUrl, blobKeeper }: { alone: boolean; publicUrl: string | undefined; blobKeeper: BlobKeeper },
) {
  const actors = createActors(ctx);
  const names = createNames(ctx);
  const blobs = createBlobs(ctx, blobKeeper);
  const lines = createLineWriter(ctx);
  const keeper = createPresenceKeeper(ctx);
  const routing = createRouting(ctx, { alone });
  const checker = createChecker(ctx, routing);
  const dispatcher = createDispatcher(ctx, reactions);
  const jobs = createJobs(ctx, jobsOf({ blobs }));
  const receiver = createReceiver(ctx, lines);
  const own = (host: string | undefined) => ownOrigins(host, publicUrl);
  const chatLive = createChatLive(ctx, { receiver, names, own });
  const staffLive = createStaffLive(ctx, { actors, names, lines, keeper });
  const routes: readonly Route[] = [
    ...staffRoutes({ names, keeper, routing, checker, dispatcher }),
    ...floorRoutes({ names }),
    ...jobRoutes(jobs),
    ...clientRoutes,
    ...organisationRoutes,
    ...competencyRoutes({ seesPerson }),
    ...interactionRoutes({
      names,
      lines,
      peopleSeen: ({ ctx, actor }, ids) => peopleSeenBy(ctx, actor, ids),
      askedNames: ({ ctx, actor }) => askedNamesIn(ctx, actor.language),
    }),
    ...chatRoutes({ receiver, live: chatLive, names, own: ({ host }) => own(host), clock: ctx.clock }),
  ];
  return {
    actors,
    names,
    /** Files of clients. */
    blobs,
    lines,
    keeper,
    routing,
    checker,
    dispatcher,
    jobs,
    receiver,
    chatLive,
    staffLive,
    routes,
    /** Processes for slow and hostile work. */
    pools: [holidayPool, momentPool] as const,
    tellBeforeContact: (key: string) => tellBeforeContact(ctx, key),
  };
}

export type Modules = ReturnType<typeof createModules>;
