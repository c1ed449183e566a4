import '#web/ui/tokens.css';
import '#web/ui/components.css';
import '#web/ui/more.css';
import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { onSignedOut } from '#web/link/api.ts';
import { worthRepeating } from '#web/link/problem.ts';
import { Sprite } from '#web/ui/icon.tsx';
import { forgetOld } from './desk/drafts.ts';
import { firstLanguage, speak } from './language.ts';
import { startPreferences } from './preferences.ts';
import { makeRouter } from './routes.tsx';
import { sessionKey } from './session.ts';

const renewedKey = 'parley.renewed';
const renewAgainMs = 60_000;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) => failures < 2 && worthRepeating(error),
      staleTime: 5_000,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

startPreferences();
// After an update the server no longer has the parts that this page still asks for: a fresh page has the new ones. Not in a loop.
window.addEventListener('vite:preloadError', (event) => {
  const last = Number(sessionStorage.getItem(renewedKey) ?? 0);
  if (Date.now() - last < renewAgainMs) return;
  sessionStorage.setItem(renewedKey, String(Date.now()));
  event.preventDefault();
  location.reload();
});
forgetOld(localStorage, Date.now());
onSignedOut(() => void queries.invalidateQueries({ queryKey: sessionKey }));
await speak(firstLanguage());

createRoot(document.getElementById('app') as HTMLElement).render(
  <StrictMode>
    <I18nProvider i18n={i18n}>
      <QueryClientProvider client={queries}>
        <Sprite />
        <RouterProvider router={makeRouter(queries)} />
      </QueryClientProvider>
    </I18nProvider>
  </StrictMode>,
);
