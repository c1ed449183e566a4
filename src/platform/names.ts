/** Names of people by id, for what screens show. Kept by the module `people`. */
export interface NamesOf {
  /** As last read: for what is told at once. */
  now(): Record<string, string>;
  /** Read anew if somebody joined or changed. */
  all(): Promise<Record<string, string>>;
}
