/** Where sealed files lie. It knows no client, no name and no key: an object is a number and bytes that mean nothing by themselves. */
export interface BlobKeeper {
  /**
   * Takes the bytes and answers when they are durable: after that they are there, whatever is killed; before it nothing is.
   * What is thrown leaves nothing that `read` would find.
   */
  write(object: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  /** From the first of these bytes to the last, both included; undefined when there is no such object. */
  read(
    object: string,
    range: { first: number; last: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** What is not there is gone already. */
  remove(object: string): Promise<void>;
  /** Objects in pages, in any order; also drafts that a killed program left, which `remove` takes away like the others. */
  list(): AsyncIterable<string[]>;
}
