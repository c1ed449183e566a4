export { type CustomerRow, customerById, insertCustomer, nameCustomer } from './queries.ts';
