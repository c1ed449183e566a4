import { Trans, useLingui } from '@lingui/react/macro';
import { Dialog } from '#web/ui/dialog.tsx';
import { CheckField } from '#web/ui/field.tsx';
import { prefer, usePreferences } from '../preferences.ts';

/** All keys, and the switch that turns the single ones off. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const { singleKeys } = usePreferences();
  const keys: [string[], string][] = [
    [['A'], t`accept the offer`],
    [['D'], t`decline the offer`],
    [['J', 'K'], t`next, previous conversation`],
    [['R'], t`write a reply`],
    [['N'], t`write a note`],
    [['P'], t`park, or resume what is parked`],
    [['T'], t`transfer what you handle`],
    [['B'], t`be ready again, when shown as not responding`],
    [['W', 'E'], t`end and wrap up`],
    [['G', 'D'], t`go to the desk`],
    [['G', 'F'], t`go to the floor`],
    [['G', 'O'], t`go to the office`],
    [['F6'], t`next pane`],
    [['Ctrl', '↵'], t`send, or complete`],
    [['Esc'], t`leave a dialog or menu`],
    [['?'], t`this list`],
  ];
  return (
    <Dialog title={t`Keys`} onClose={onClose}>
      <dl className="facts key-list">
        {keys.map(([names, does]) => (
          <div key={does}>
            <dt>
              {names.map((name) => (
                <kbd key={name}>{name}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <CheckField
        label={t`Single keys act`}
        hint={t`They act only when nothing is being typed.`}
        checked={singleKeys}
        onChange={(on) => prefer({ singleKeys: on })}
      />
      <footer>
        <button type="button" className="button" onClick={onClose}>
          <Trans>Close</Trans>
        </button>
      </footer>
    </Dialog>
  );
}
