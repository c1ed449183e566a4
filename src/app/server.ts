import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import fastifyCookie from '@fastify/cookie';
import fastifyHelmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import fastifySwagger from '@fastify/swagger';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject, validatorCompiler } from 'fastify-type-provider-zod';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { chatLimits } from '#src/channels/chat/index.ts';
import { askerBehind, isNear } from '#src/platform/address.ts';
import type { Context } from '#src/platform/context.ts';
import { isConnectionFault } from '#src/platform/db/sql.ts';
import type { Actor } from '#src/platform/identity/actor.ts';
import { type PermissionTable, whyNotPermitted } from '#src/platform/identity/permissions.ts';
import { isKeepable, unkeepable, unkeepableWhy } from '#src/platform/keepable.ts';
import { addressKey, createLimiter } from '#src/platform/limits.ts';
import { socketLimits } from '#src/platform/realtime/socket.ts';
import {
  allRefusals,
  isRefusal,
  problemOf,
  type Refusal,
  refusalOfFault,
  refuse,
} from '#src/platform/refusal.ts';
import { withCreation } from '#src/platform/route/creation.ts';
import { keepAnswer, keptAnswer } from '#src/platform/route/queries.ts';
import type { Route } from '#src/platform/route/route.ts';
import { tryPage, tryStyleSource } from '#web/try/page.ts';
import type { Modules } from './modules.ts';

export const cookieName = 'parley_session';
const bodyBytesMax = 1_000_000;
const dist = new URL('../../dist/', import.meta.url);

/** Requests that are being answered; those that only wait for something to happen in a chat are not counted. */
export const requestsAtOnceMax = 1_000;

/**
 * How much one door takes: signed-in people by session, everybody else by address (an office behind one address is many people), and
 * whoever it is, before anything is looked up for them, all that comes from one address.
 */
export const doorLimits = {
  everything: { burst: 10_000, perSecond: 2_000 },
  session: { burst: 200, perSecond: 40 },
  address: { burst: 2_000, perSecond: 100 },
} as const;

export const problem = z
  .object({
    type: z.string(),
    code: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().optional(),
    fields: z.record(z.string(), z.string()).optional(),
    retryAfterSeconds: z.number().int().optional(),
  })
  .meta({ id: 'Problem' });

export interface Probes {
  /** Sentences that say what is not ready; none: ready. */
  ready(): Promise<string[]>;
  /** @param named says also who holds the log back */
  metrics(asked: { named: boolean }): Promise<{ contentType: string; text: string }>;
}

/**
 * The one port: pages, API and live lines. Everything that comes in is checked here against its fields and the permission table;
 * everything that goes wrong leaves as a problem document (RFC 9457), never as a stack.
 *
 * @param checkAnswers in tests: every answer must fit the schema that the API documents
 */
export async function createServer(
  ctx: Context,
  modules: Modules,
  {
    permissions,
    probes,
    publicUrl,
    checkAnswers = false,
  }: { permissions: PermissionTable; probes: Probes; publicUrl: string | undefined; checkAnswers?: boolean },
) {
  const app = Fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: 60_000,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    // A proxy in front says who asked; it is believed only when the installation says that one stands there, and only from nearby.
    trustProxy: publicUrl === undefined ? false : isNear,
    logger: false,
    routerOptions: { maxParamLength: 200 },
    // A path that cannot be read leads nowhere.
    frameworkErrors: (_error, request, reply) => {
      void refuseReply(reply, refuse('not-found'), languageOf(request));
    },
  });
  const everything = createLimiter(ctx.clock, doorLimits.everything);
  const bySession = createLimiter(ctx.clock, doorLimits.session);
  const byAddress = createLimiter(ctx.clock, doorLimits.address);
  const places = new WeakMap<FastifyRequest, Place>();
  let answering = 0;

  // The first thing that happens to a request, whatever it asks for: bounded, before it costs anything.
  app.addHook('onRequest', async (request, reply) => {
    const { url, config } = request.routeOptions;
    if (url === '/healthz') return undefined; // It costs nothing, and whoever restarts a program on its word must not be misled.
    if (answering >= requestsAtOnceMax)
      return refuseReply(reply, refuse('too-busy', { retryAfterSeconds: 2 }), languageOf(request));
    const address = addressKey(request.ip);
    // What has a row in the permission table counts by session as well, once it is known (see `admit`).
    const own = (config as Own).admits === true ? 0 : byAddress.take(address);
    const seconds = Math.max(everything.take(address), own);
    if (seconds > 0)
      return refuseReply(
        reply,
        refuse('too-many-requests', { retryAfterSeconds: seconds }),
        languageOf(request),
      );
    const place = createPlace();
    places.set(request, place);
    reply.raw.once('close', place.leave);
    return undefined;
  });

  /** One of the requests being answered; who waits aside gives it up meanwhile. */
  function createPlace(): Place {
    let gone = false;
    answering++;
    return {
      leave() {
        if (!gone) answering--;
        gone = true;
      },
      async aside(waiting) {
        if (gone) return waiting;
        answering--;
        try {
          return await waiting;
        } finally {
          answering++;
        }
      },
    };
  }

  const signatures: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat()) if (name !== 'HEAD') signatures.push(`${name} ${url}`);
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => JSON.stringify);
  await app.register(fastifyCookie);
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    strictTransportSecurity: publicUrl?.startsWith('https:') === true,
  });
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Parley',
        version: '0.0.0',
        description:
          'All that the screens do. Errors are problem documents (RFC 9457); lists have cursors; creations take an Idempotency-Key.',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: cookieName },
          visitor: { type: 'http', scheme: 'bearer' },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });

  const own = (request: { headers: IncomingMessage['headers']; protocol?: string }) =>
    ownOrigins(request.headers.host, publicUrl);

  function refuseReply(reply: FastifyReply, refusal: Refusal, language: 'en' | 'fr') {
    const document = problemOf(refusal, language);
    if (document.retryAfterSeconds !== undefined)
      reply.header('Retry-After', String(document.retryAfterSeconds));
    return reply.code(document.status).type('application/problem+json').send(JSON.stringify(document));
  }

  const askers = new WeakMap<FastifyRequest, Actor>();
  function languageOf(request: FastifyRequest): 'en' | 'fr' {
    return askers.get(request)?.language ?? preferredLanguage(request.headers['accept-language']);
  }

  // A refusal at the visitors' doors must be readable by the page it goes to, whichever it is: it says nothing about anybody, and a
  // page that cannot read it can neither wait as long as it says nor tell a closed door from a bad moment.
  app.addHook('onSend', async (request, reply) => {
    const { origin } = request.headers;
    if (origin === undefined || !request.url.startsWith('/chat/') || reply.statusCode < 400) return;
    reply.header('Access-Control-Allow-Origin', origin).header('Vary', 'Origin');
  });

  app.setErrorHandler(
    (error: Error & { code?: string; statusCode?: number; validation?: unknown }, request, reply) => {
      const language = languageOf(request);
      if (error.validation !== undefined)
        return refuseReply(reply, refuse('input-invalid', { fields: fieldErrors(error) }), language);
      if (error.statusCode === 413) return refuseReply(reply, refuse('body-too-large'), language);
      if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
        return refuseReply(reply, refuse('body-unreadable', { detail: error.message }), language);
      const away = isConnectionFault(error);
      const about = { err: error, method: request.method, url: request.url.split('?')[0] };
      if (away) ctx.log.warn(about, 'The database did not answer a request.');
      else ctx.log.error(about, 'A request met a fault.');
      return refuseReply(reply, refusalOfFault(away), language);
    },
  );

  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!;
    const isPage =
      request.method === 'GET' &&
      !path.startsWith('/api/') &&
      !path.startsWith('/chat/') &&
      !path.includes('.');
    // The staff application finds its own places; whatever is not the API or a file is its.
    if (isPage && existsSync(new URL('app/index.html', dist)))
      return reply.header('Cache-Control', 'no-cache').sendFile('index.html');
    return refuseReply(reply, refuse('not-found'), languageOf(request));
  });

  for (const route of modules.routes) {
    app.route({
      method: route.method,
      url: route.path,
      config: { admits: true } satisfies Own,
      schema: {
        summary: route.summary,
        ...(route.params === undefined ? {} : { params: route.params }),
        ...(route.query === undefined ? {} : { querystring: route.query }),
        ...(route.body === undefined ? {} : { body: route.body }),
        ...securityOf(permissions[route.signature]),
        response: {
          ...(route.answer === undefined ? { 204: z.null() } : { [route.status]: route.answer }),
          default: problem,
        },
      } as never,
      onRequest: (request, reply) => admit(route, request, reply),
      handler: (request, reply) => handle(route, request, reply),
    });
  }

  /** Who asks, how often, and whether they may: settled before anything they sent is read. */
  async function admit(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const actor = await modules.actors.of(request.cookies[cookieName]);
    if (actor !== undefined) askers.set(request, actor);
    const language = languageOf(request);
    const seconds =
      actor === undefined ? byAddress.take(addressKey(request.ip)) : bySession.take(actor.sessionId);
    if (seconds > 0)
      return refuseReply(reply, refuse('too-many-requests', { retryAfterSeconds: seconds }), language);
    const reason = whyNotPermitted(permissions, route.signature, actor);
    if (reason !== undefined) return refuseReply(reply, refuse(reason), language);
    // A foreign page may make a browser send its cookie along: what changes anything must come from our own pages.
    const changes = route.method !== 'GET' && !route.path.startsWith('/chat/');
    if (changes && request.headers.origin !== undefined && !own(request).includes(request.headers.origin))
      return refuseReply(reply, refuse('other-origin'), language);
    return undefined;
  }

  async function handle(route: Route, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const actor = askers.get(request);
    const language = languageOf(request);
    const unfit = unkeepable({ params: request.params, query: request.query, body: request.body });
    if (unfit !== undefined)
      return refuseReply(reply, refuse('input-invalid', { fields: { [unfit]: unkeepableWhy } }), language);

    const gone = new AbortController();
    request.raw.on('close', () => gone.abort());
    const cookie = {
      path: '/',
      httpOnly: true,
      sameSite: 'strict' as const,
      secure: publicUrl?.startsWith('https:') === true,
    };
    const asked = {
      ctx,
      actor: actor as Actor,
      address: addressKey(request.ip),
      userAgent: request.headers['user-agent'] ?? '',
      bearer: /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1],
      origin: request.headers.origin,
      host: request.headers.host,
      signal: gone.signal,
      aside: <Answer>(waiting: Promise<Answer>) => places.get(request)?.aside(waiting) ?? waiting,
      setHeader: (name: string, value: string) => void reply.header(name, value),
      session: {
        open: (opened: string, expires: Date) =>
          void reply.setCookie(cookieName, opened, { ...cookie, expires }),
        close: () => void reply.clearCookie(cookieName, cookie),
      },
    };
    const input = {
      params: request.params ?? {},
      query: request.query ?? {},
      body: request.body ?? {},
    } as never;
    const view = (answer: unknown) =>
      route.view === undefined ? answer : route.view(answer as never, input);
    const run = async () => {
      const answer = await route.handle(input, asked);
      return isRefusal(answer) ? answer : view(answer);
    };
    const answer = await (route.creates !== false && actor !== undefined
      ? onceOnly(route, request, actor, run, view)
      : run());
    if (isRefusal(answer)) return refuseReply(reply, answer, language);
    reply.header('Cache-Control', 'no-store');
    if (route.status === 204) return reply.code(204).send();
    if (checkAnswers) route.answer?.parse(JSON.parse(JSON.stringify(answer)));
    return reply.code(route.status).type('application/json').send(JSON.stringify(answer));
  }

  /** The same Idempotency-Key with the same request answers what the first one answered; with another it is refused. */
  async function onceOnly(
    route: Route,
    request: FastifyRequest,
    actor: Actor,
    run: () => Promise<unknown>,
    view: (answer: unknown) => unknown,
  ): Promise<unknown> {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string') return run();
    if (key.length === 0 || key.length > 200)
      return refuse('input-invalid', { fields: { 'Idempotency-Key': '1 to 200 characters' } });
    const requestHash = createHash('sha256')
      .update(JSON.stringify([request.url, request.body]))
      .digest();
    const creation = { personId: actor.personId, key, route: route.signature, requestHash, view };
    const kept = async () => keptAnswer(ctx.db.system, creation);
    const before = await kept();
    if (before !== undefined) return before;
    if (route.creates === 'in-several-commits') {
      const answer = await run();
      if (!isRefusal(answer)) await keepAnswer(ctx.db.system, creation, answer, ctx.clock.now());
      return answer;
    }
    try {
      const answer = await withCreation(creation, run);
      // Two at once: what stood against this one may be what the other has just made under the same key.
      return isRefusal(answer) ? ((await kept()) ?? answer) : answer;
    } catch (fault) {
      // Two at once: the other's commit has the key.
      const meanwhile = await kept();
      if (meanwhile !== undefined) return meanwhile;
      throw fault;
    }
  }

  app.get('/healthz', { schema: { summary: 'The program runs', hide: false } }, async () => ({
    status: 'ok',
  }));
  app.get(
    '/readyz',
    { schema: { summary: 'It can serve: database, partitions ahead' } },
    async (_request, reply) => {
      const missing = await probes.ready();
      return reply
        .code(missing.length === 0 ? 200 : 503)
        .send({ status: missing.length === 0 ? 'ready' : 'not ready', missing });
    },
  );
  app.get('/metrics', { schema: { summary: 'Figures for Prometheus' } }, async (request, reply) => {
    // Behind a proxy that nobody told us of, everybody seems near.
    const told = publicUrl !== undefined || request.headers['x-forwarded-for'] === undefined;
    const { contentType, text } = await probes.metrics({ named: told && isNear(request.ip) });
    return reply.header('Content-Type', contentType).send(text);
  });
  app.get('/api/openapi.json', { schema: { summary: 'This API', hide: true } }, async () => app.swagger());
  app.get('/problems/:code', { schema: { hide: true } }, async (request, reply) => {
    const meaning = allRefusals().get((request.params as { code: string }).code);
    if (meaning === undefined) return refuseReply(reply, refuse('not-found'), languageOf(request));
    return reply.send({
      code: (request.params as { code: string }).code,
      status: meaning.status,
      en: meaning.en,
      fr: meaning.fr,
    });
  });

  // A preflight is answered for the visitors' doors alone; which origins may read an answer is decided there.
  app.options('/chat/*', { schema: { hide: true } }, async (request, reply) =>
    reply
      .header('Access-Control-Allow-Origin', request.headers.origin ?? '*')
      .header('Access-Control-Allow-Methods', 'GET, POST')
      .header('Access-Control-Allow-Headers', 'Authorization, Content-Type')
      .header('Access-Control-Max-Age', '600')
      .header('Vary', 'Origin')
      .code(204)
      .send(),
  );
  app.get('/try/:key', { schema: { summary: 'A page to try a chat channel on' } }, async (request, reply) => {
    const { key } = request.params as { key: string };
    const tells = isKeepable(key) ? await modules.tellBeforeContact(key) : undefined;
    if (tells === undefined) return refuseReply(reply, refuse('channel-unknown'), languageOf(request));
    const asked = (request.query as { lang?: string }).lang;
    const language = asked === 'fr' || asked === 'en' ? asked : languageOf(request);
    const page = tryPage({
      channelKey: key,
      clientName: tells.clientName,
      channelName: tells.name,
      language,
      widgetUrl: '/w.js',
    });
    // Its one style stands in the page and is named by its hash; the widget's styles live in its own shadow root.
    const policy = `default-src 'self'; style-src ${tryStyleSource}; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'`;
    return reply
      .type('text/html; charset=utf-8')
      .header('Cache-Control', 'no-cache')
      .header('Content-Security-Policy', policy)
      .send(page);
  });
  const widget = createCachedFile(new URL('widget/w.js', dist));
  app.get('/w.js', { schema: { hide: true } }, async (_request, reply) =>
    // Pages anywhere load it: which of them may use a channel is decided when it is asked for.
    reply
      .header('Cross-Origin-Resource-Policy', 'cross-origin')
      .header('Cache-Control', 'public, max-age=300')
      .type('text/javascript; charset=utf-8')
      .send(await widget()),
  );
  await app.register(fastifyStatic, {
    root: [new URL('app/', dist).pathname],
    index: ['index.html'],
    setHeaders: (reply, path) =>
      void reply.header(
        'Cache-Control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      ),
  });
  // Live lines: no compression (memory per socket, and bombs), frames of bounded size.
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: socketLimits.frameBytesMax,
  });
  const socketLimit = createLimiter(ctx.clock, chatLimits.sockets);
  app.server.on('upgrade', (request, socket, head) => {
    upgrade(request, socket, head).catch((fault) => {
      if (!isConnectionFault(fault)) ctx.log.error({ err: fault }, 'A live line could not be opened.');
      refuseUpgrade(socket, 503);
    });
  });

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const path = request.url?.split('?')[0];
    if (stopping) return refuseUpgrade(socket, 503);
    if (socketLimit.take(addressKey(addressOf(request, publicUrl))) > 0) return refuseUpgrade(socket, 429);
    if (path === '/chat/live') {
      const { origin, host } = request.headers;
      sockets.handleUpgrade(request, socket, head, (line) =>
        modules.chatLive.connect(line, { origin, host, wire: socket }),
      );
    } else if (path === '/api/live') {
      // A foreign page could open a socket with the browser's cookie: only our own may.
      if (!own({ headers: request.headers }).includes(request.headers.origin ?? ''))
        return refuseUpgrade(socket, 403);
      const token = app.parseCookie(request.headers.cookie ?? '')[cookieName];
      const actor = await modules.actors.of(token);
      if (token === undefined || actor === undefined) return refuseUpgrade(socket, 401);
      sockets.handleUpgrade(request, socket, head, (line) =>
        modules.staffLive.connect(line, { token, actor, wire: socket }),
      );
    } else refuseUpgrade(socket, 404);
  }

  let stopping = false;
  return {
    app,
    /** Every route that was registered, whoever did, as `GET /api/people/:id`; HEAD goes with GET. */
    signatures: signatures as readonly string[],
    async listen(port: number): Promise<number> {
      await app.listen({ port, host: '::', ipv6Only: false }).catch(async (error) => {
        // A machine without IPv6 has no `::`.
        if ((error as { code?: string }).code !== 'EAFNOSUPPORT') throw error;
        await app.listen({ port, host: '0.0.0.0' });
      });
      return (app.server.address() as AddressInfo).port;
    },
    /** No new lines, no new requests; what is in flight is finished. */
    async close(): Promise<void> {
      stopping = true;
      modules.staffLive.stop();
      modules.chatLive.stop();
      await app.close();
      // Whose line goes is noted as it goes; the stop waits for that.
      const gone = [...sockets.clients].map((socket) => once(socket, 'close'));
      for (const socket of sockets.clients) socket.terminate();
      await Promise.all(gone);
    },
  };
}

/** What a route says of itself to the hook that comes before all. */
interface Own {
  admits?: boolean;
}

interface Place {
  leave(): void;
  aside<Answer>(waiting: Promise<Answer>): Promise<Answer>;
}

/** A file that is asked for often and changes with a build: read once for each change. */
function createCachedFile(file: URL): () => Promise<Buffer> {
  let kept: { changed: number; contents: Promise<Buffer> } | undefined;
  return async () => {
    const changed = (await stat(file)).mtimeMs;
    if (kept?.changed !== changed) kept = { changed, contents: readFile(file) };
    return kept.contents;
  };
}

export type Server = Awaited<ReturnType<typeof createServer>>;

function refuseUpgrade(socket: Duplex, status: 401 | 403 | 404 | 429 | 503): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/**
 * The origins that are Parley's own. With a public address it is that one, and the machine's own for whoever sits at it: a foreign
 * name that was pointed at us is not ours. Without one it is whatever the asker reached us by.
 */
export function ownOrigins(host: string | undefined, publicUrl: string | undefined): readonly string[] {
  const reached = host === undefined ? [] : [`http://${host}`, `https://${host}`];
  if (publicUrl === undefined) return reached;
  return host !== undefined && /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host)
    ? [publicUrl, ...reached]
    : [publicUrl];
}

/** Who opens a live line: as for requests, a proxy's word is taken only when one is said to stand in front. */
function addressOf(request: IncomingMessage, publicUrl: string | undefined): string {
  const peer = request.socket.remoteAddress ?? '';
  const said = request.headers['x-forwarded-for'];
  return publicUrl === undefined ? peer : askerBehind(peer, [said].flat().join(','));
}

/** French when the browser prefers it to English, else English. */
export function preferredLanguage(acceptLanguage: string | undefined): 'en' | 'fr' {
  const weighed = (acceptLanguage ?? '')
    .split(',')
    .slice(0, 20)
    .map((part) => {
      const [tag, ...more] = part.trim().split(';');
      const q = more.map((text) => /^\s*q=([\d.]+)\s*$/.exec(text)?.[1]).find((value) => value !== undefined);
      return { language: tag!.slice(0, 2).toLowerCase(), q: q === undefined ? 1 : Number(q) };
    })
    .filter(({ language }) => language === 'en' || language === 'fr')
    .sort((a, b) => b.q - a.q);
  return weighed[0]?.language === 'fr' ? 'fr' : 'en';
}

function securityOf(may: PermissionTable[string] | undefined): { security?: Record<string, string[]>[] } {
  if (may === undefined || may === 'anyone') return {};
  return { security: [may === 'visitor' ? { visitor: [] } : { session: [] }] };
}

/** Path and sentence of each field that does not fit. */
function fieldErrors(error: Error & { validation?: unknown }): Record<string, string> {
  const found: Record<string, string> = {};
  for (const issue of Array.isArray(error.validation) ? error.validation : []) {
    const {
      instancePath = '',
      message = 'not valid',
      params,
    } = issue as { instancePath?: string; message?: string; params?: { keys?: string[] } };
    const path = instancePath.replace(/^\//, '').replaceAll('/', '.');
    // Of a field that nobody expects the message names only the name: it is the place.
    const places = params?.keys?.map((key) => (path === '' ? key : `${path}.${key}`)) ?? [path];
    for (const place of places) found[place === '' ? '(body)' : place] = message;
  }
  return found;
}
