/** Ways to want more memory than there is; the first five end a whole program when their worker is a thread. */
export const bombs = [
  'numbers',
  'pieces',
  'nesting',
  'map',
  'fill',
  'objects',
  'buffers',
  'one-buffer',
] as const;
export type Bomb = (typeof bombs)[number];
