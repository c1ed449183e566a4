// What the browser sees of clients: the organisations that commission the contact centre.
export interface Client {
  id: string;
  name: string;
  slug: string;
  active: boolean;
  createdAt: string;
}

/** The contact centre itself: who answers on the clients' behalf. */
export interface Centre {
  name: string;
}
