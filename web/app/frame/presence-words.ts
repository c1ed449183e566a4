import { msg } from '@lingui/core/macro';
import type { PresenceState } from '#src/modules/presence/contract.ts';
import type { Tone } from '#web/ui/icon.tsx';

/** A presence as it is shown: its word and its shape. Present but not at work is neither good nor bad. */
export const presenceWords = {
  ready: { word: msg`Ready`, tone: 'in' },
  busy: { word: msg`Busy`, tone: 'half' },
  break: { word: msg`On break`, tone: 'ring' },
  training: { word: msg`In training`, tone: 'ring' },
  meeting: { word: msg`In a meeting`, tone: 'ring' },
  'not-responding': { word: msg`Not responding`, tone: 'half' },
  offline: { word: msg`Offline`, tone: 'offline' },
} as const satisfies Record<PresenceState, { word: unknown; tone: Tone }>;

export const chosenStates = ['ready', 'busy', 'break', 'training', 'meeting'] as const;
