export type Role = 'administrator' | 'supervisor' | 'agent';

/** Who is signed in, as GET /api/session answers it. */
export interface SessionView {
  /** True while no account exists: the first page then makes the first account. */
  needsFirstAccount: boolean;
  /** True when there is no client yet: an administrator is offered a ready one. */
  needsFirstClient: boolean;
  centreName: string | null;
  person: {
    id: string;
    name: string;
    email: string;
    roles: Role[];
    language: 'en' | 'fr';
  } | null;
}

/** A refusal, as RFC 9457 (application/problem+json) carries it. `code` is the refusal's name and the key of its translation. */
export interface Problem {
  type: string;
  code: string;
  title: string;
  status: number;
  detail?: string;
  /** Field errors: path to sentence. */
  fields?: Record<string, string>;
  retryAfterSeconds?: number;
}

/** A page of a list. `next` is passed back as ?cursor= and is null on the last page. */
export interface Page<Item> {
  items: Item[];
  next: string | null;
}
