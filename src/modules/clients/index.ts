export { changeClient, clientChanged, clientCreated, createClient, nameCentre, slugOf } from './clients.ts';
export { allClientIds, anyClient, type ClientRow, centreName, clientById } from './queries.ts';
export { clientRoutes } from './routes.ts';
