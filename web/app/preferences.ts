import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';

/** What this browser keeps about how Parley looks and sounds here. */
export interface Preferences {
  theme: Theme;
  /** Before anybody signed in; after that the account's language counts. */
  language: 'en' | 'fr' | undefined;
  sound: boolean;
  /** 0 to 100 */
  volume: number;
  notifications: boolean;
  singleKeys: boolean;
}

const key = 'parley.preferences';
const defaults: Preferences = {
  theme: 'system',
  language: undefined,
  sound: true,
  volume: 60,
  notifications: false,
  singleKeys: true,
};
const listeners = new Set<() => void>();
let current = read();

function read(): Preferences {
  try {
    return { ...defaults, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Preferences>) };
  } catch {
    return defaults;
  }
}

function apply(): void {
  if (current.theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = current.theme;
}

export function preferences(): Preferences {
  return current;
}

export function prefer(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // Without a store the choice holds until the page is left.
  }
  apply();
  for (const listener of listeners) listener();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}

/** Takes over what another tab changed, and dresses the page. */
export function startPreferences(): void {
  apply();
  window.addEventListener('storage', (event) => {
    if (event.key !== key) return;
    current = read();
    apply();
    for (const listener of listeners) listener();
  });
}
