// What the widget keeps in the customer's browser. Storage can be forbidden, full or emptied at any time: then the
// widget goes on with its own memory, and only surviving a reload is lost.

/** The part of the browser's Storage that is used. */
export interface Keeping {
  readonly length: number;
  key(index: number): string | null;
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

export interface Store {
  get(name: string): string | undefined;
  set(name: string, value: string): void;
  remove(name: string): void;
  /** Names that begin so, in order of the alphabet. */
  names(beginning: string): string[];
}

/** A store whose names all begin with `prefix` in the browser. `keeping` undefined: the browser forbids it. */
export function openStore(keeping: Keeping | undefined, prefix: string): Store {
  const memory = new Map<string, string>();
  const attempt = <Answer>(act: (browser: Keeping) => Answer): Answer | undefined => {
    try {
      return keeping === undefined ? undefined : act(keeping);
    } catch {
      return undefined;
    }
  };
  return {
    get: (name) => memory.get(name) ?? attempt((browser) => browser.getItem(prefix + name)) ?? undefined,
    set(name, value) {
      const kept = attempt((browser) => {
        browser.setItem(prefix + name, value);
        return true;
      });
      if (kept) memory.delete(name);
      else memory.set(name, value);
    },
    remove(name) {
      memory.delete(name);
      attempt((browser) => browser.removeItem(prefix + name));
    },
    names(beginning) {
      const found = new Set([...memory.keys()].filter((name) => name.startsWith(beginning)));
      attempt((browser) => {
        for (let at = 0; at < browser.length; at++) {
          const name = browser.key(at);
          if (name?.startsWith(prefix + beginning)) found.add(name.slice(prefix.length));
        }
      });
      return [...found].sort();
    },
  };
}

/** The JSON value kept under a name; undefined when there is none or it cannot be read any more. */
export function readJson(store: Store, name: string): unknown {
  const text = store.get(name);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
