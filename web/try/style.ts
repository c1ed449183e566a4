// The look of the try page: a quiet shop, so that the widget is seen as it will stand on a client's page.

import { createHash } from 'node:crypto';

export const tryStyle = `
:root { color-scheme: light dark; --ink: #17191c; --ink-2: #4a4d52; --line: #e1e1dc; --ground: #ffffff; --sunken: #f5f5f2; }
@media (prefers-color-scheme: dark) { :root { --ink: #eeeeeb; --ink-2: #b8bbc0; --line: #2b2e33; --ground: #16181b; --sunken: #1c1f23; } }
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 400 16px/1.6 -apple-system, "Segoe UI", Inter, "Noto Sans", Roboto, "Liberation Sans", system-ui, sans-serif; }
h1, h2, p, ul { margin: 0; padding: 0; }
a { color: inherit; text-underline-offset: 3px; }
:focus-visible { outline: 2px solid currentColor; outline-offset: 3px; border-radius: 3px; }
.note { padding: 10px 32px; border-bottom: 1px solid var(--line); background: var(--sunken); color: var(--ink-2); font-size: 14px; }
.note strong { color: var(--ink); font-weight: 600; }
.shop { max-width: 1080px; margin: 0 auto; padding: 0 32px 120px; }
header { display: flex; flex-wrap: wrap; gap: 8px 32px; align-items: baseline; padding: 28px 0 24px; border-bottom: 1px solid var(--line); }
header strong { font: 500 20px/28px Georgia, "Iowan Old Style", "Liberation Serif", serif; overflow-wrap: anywhere; }
header nav { margin-left: auto; font-size: 14px; }
header nav a { display: inline-block; padding: 10px 8px; color: var(--ink-2); }
main { display: grid; gap: 20px; max-width: 560px; padding: 44px 0; }
h1 { font: 400 clamp(28px, 4vw, 38px)/1.2 Georgia, "Iowan Old Style", "Liberation Serif", serif; letter-spacing: -.01em; overflow-wrap: anywhere; }
h2 { font-size: 16px; font-weight: 600; }
main > p { color: var(--ink-2); }
ul { border-top: 1px solid var(--line); list-style: none; }
li { padding: 14px 0; border-bottom: 1px solid var(--line); }
li p { color: var(--ink-2); font-size: 14px; }
@media (min-width: 721px) and (max-width: 1100px) { main { max-width: calc(100vw - 490px); min-width: 240px; } }
@media (max-width: 720px) { .shop { padding: 0 20px 120px; } .note { padding: 10px 20px; } header nav a { min-height: 44px; } }
`;

/** What a content security policy has to name in style-src, so that this page's one style element is let through. */
export const tryStyleSource = `'sha256-${createHash('sha256').update(tryStyle).digest('base64')}'`;
