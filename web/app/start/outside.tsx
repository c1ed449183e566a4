import { Trans, useLingui } from '@lingui/react/macro';
import { Icon, Mark } from '#web/ui/icon.tsx';
import './start.css';
import { speak, useLanguage } from '../language.ts';
import { prefer, type Theme, usePreferences } from '../preferences.ts';

/** The frame of what one sees before signing in. */
export function Outside({ children, aside }: { children: React.ReactNode; aside?: React.ReactNode }) {
  const { t } = useLingui();
  const language = useLanguage();
  const { theme } = usePreferences();
  return (
    <div className="outside">
      <header className="bar">
        <span className="mark">
          <Mark />
          <b>Parley</b>
        </span>
        <span className="push spread">
          <span className="joined" role="group" aria-label={t`Language`}>
            {(['en', 'fr'] as const).map((one) => (
              <button
                key={one}
                type="button"
                className="button small"
                lang={one}
                aria-pressed={language === one}
                onClick={() => {
                  prefer({ language: one });
                  void speak(one);
                }}
              >
                {one === 'en' ? 'English' : 'Français'}
              </button>
            ))}
          </span>
          <label className="select theme">
            <span className="unseen">
              <Trans>Theme</Trans>
            </span>
            <select
              className="input"
              value={theme}
              onChange={(event) => prefer({ theme: event.target.value as Theme })}
            >
              <option value="system">{t`As the system`}</option>
              <option value="light">{t`Light`}</option>
              <option value="dark">{t`Dark`}</option>
            </select>
            <Icon name="down" small />
          </label>
        </span>
      </header>
      <main className={aside === undefined ? 'alone' : 'wizard'} tabIndex={-1}>
        <div className="form-side">{children}</div>
        {aside}
      </main>
    </div>
  );
}
